import { isHex, isJsonObject, type JsonObject } from "../state/json.ts";
import type { FileFormat } from "../state/state-files.ts";

/** One version of a package. */
export interface PackageVersion {
  /** The server's hash of the package, in hexadecimal. */
  readonly hash: string;
  readonly version: string;
  /** SHA-256 of the content, in hexadecimal: the name of its file in `packages`. */
  readonly contentHash: string;
  readonly downloadUrl: string;
}

/** What is being done with a package; after a crash it is done again, `attempts` counts how often. */
export type PackageWork =
  /** A version is on its way in. */
  | { readonly state: "installing"; readonly target: PackageVersion; readonly attempts: number }
  /** That version failed, and what was there before is on its way back. */
  | {
      readonly state: "rolling-back";
      readonly target: PackageVersion;
      readonly attempts: number;
      readonly errorMessage: string;
    }
  | { readonly state: "removing"; readonly attempts: number };

/** What is remembered of a package. */
export interface PackageRecord {
  readonly name: string;
  /** One of `PackageType`. */
  readonly type: number;
  /** The version that is good; missing until the first one is. */
  readonly installed?: PackageVersion;
  readonly work?: PackageWork;
}

/** What is remembered of all packages. */
export interface PackagesRecord {
  /** The hash of the offer that is installed as a whole, in hexadecimal; empty when there is none. */
  readonly allPackagesHash: string;
  readonly packages: readonly PackageRecord[];
}

export const packagesRecord: FileFormat<PackagesRecord> = {
  version: 1,
  parse({ allPackagesHash, packages }) {
    if (allPackagesHash !== "" && !isHex(allPackagesHash)) return undefined;
    if (!Array.isArray(packages)) return undefined;
    const parsed = packages.map(parsePackage).filter((record) => record !== undefined);
    return parsed.length === packages.length ? { allPackagesHash, packages: parsed } : undefined;
  },
  format: (record) => ({ ...record }),
};

function parsePackage(value: unknown): PackageRecord | undefined {
  if (!isJsonObject(value)) return undefined;
  const { name, type, installed, work } = value;
  if (typeof name !== "string" || !Number.isSafeInteger(type)) return undefined;
  const parsed = { installed: parseVersion(installed), work: parseWork(work) };
  if ((installed === undefined) !== (parsed.installed === undefined)) return undefined;
  if ((work === undefined) !== (parsed.work === undefined)) return undefined;
  return {
    name,
    type: Number(type),
    ...(parsed.installed && { installed: parsed.installed }),
    ...(parsed.work && { work: parsed.work }),
  };
}

function parseVersion(value: unknown): PackageVersion | undefined {
  if (!isJsonObject(value)) return undefined;
  const { hash, version, contentHash, downloadUrl }: JsonObject = value;
  // A name that could lead out of the directory is none of ours.
  const isName = typeof contentHash === "string" && /^[0-9a-f]{64}$/.test(contentHash);
  if (!isHex(hash) || !isName) return undefined;
  if (typeof version !== "string" || typeof downloadUrl !== "string") return undefined;
  return { hash, version, contentHash, downloadUrl };
}

function parseWork(value: unknown): PackageWork | undefined {
  if (!isJsonObject(value) || !Number.isSafeInteger(value.attempts)) return undefined;
  const { state, errorMessage } = value;
  const attempts = Number(value.attempts);
  if (state === "removing") return { state, attempts };
  const target = parseVersion(value.target);
  if (target === undefined) return undefined;
  if (state === "installing") return { state, target, attempts };
  if (state !== "rolling-back" || typeof errorMessage !== "string") return undefined;
  return { state, target, attempts, errorMessage };
}

import {
  PackageStatusEnum,
  type PackageStatusesInit,
  type PackageStatusInit,
} from "@opamp/protocol";
import type { PackageRecord } from "./package-record.ts";

/** What is known of packages beside what was reported. */
export interface KnownPackages {
  readonly packages: readonly PackageRecord[];
  readonly allPackagesHash: string;
}

/**
 * What was reported last, corrected by what is on disk. `failures` are packages whose install was
 * ended by this run, and why. An offer that was not seen through is not echoed, so that the server
 * makes it again.
 */
export function settledStatuses(
  { packages: reported = {}, serverProvidedAllPackagesHash, errorMessage }: PackageStatusesInit,
  known: KnownPackages,
  failures: ReadonlyMap<string, string> = new Map(),
): PackageStatusesInit {
  const records = new Map(known.packages.map((record) => [record.name, record]));
  const names = new Set([...Object.keys(reported), ...records.keys()]);
  const settled = new Map<string, PackageStatusInit>();
  for (const name of names) {
    const before = Object.hasOwn(reported, name) ? reported[name] : undefined;
    const status = settle(before, records.get(name), failures.get(name));
    if (status !== undefined) settled.set(name, { ...status, name });
  }
  const offered = Buffer.from(serverProvidedAllPackagesHash ?? []).toString("hex");
  const states = [...settled.values()].map(({ status }) => status);
  const isSeenThrough =
    states.includes(PackageStatusEnum.InstallFailed) || offered === known.allPackagesHash;
  const isComplete = isSeenThrough && states.every((state) => state !== undefined && isEnd(state));
  return {
    packages: Object.fromEntries(settled),
    ...(errorMessage !== undefined && { errorMessage }),
    ...(isComplete && serverProvidedAllPackagesHash && { serverProvidedAllPackagesHash }),
  };
}

function settle(
  before: PackageStatusInit | undefined,
  { installed }: Partial<PackageRecord> = {},
  failure: string | undefined,
): PackageStatusInit | undefined {
  const has = installed && {
    agentHasHash: new Uint8Array(Buffer.from(installed.hash, "hex")),
    agentHasVersion: installed.version,
  };
  const { serverOfferedHash, serverOfferedVersion, errorMessage } = before ?? {};
  const offered = {
    ...(serverOfferedHash && { serverOfferedHash }),
    ...(serverOfferedVersion && { serverOfferedVersion }),
  };
  const status = before?.status ?? PackageStatusEnum.Installed;
  if (failure !== undefined && before !== undefined) {
    const { InstallFailed } = PackageStatusEnum;
    return { ...has, ...offered, status: InstallFailed, errorMessage: failure };
  }
  if (status === PackageStatusEnum.InstallFailed) {
    return { ...has, ...offered, status, ...(errorMessage && { errorMessage }) };
  }
  const isThere =
    installed && Buffer.from(serverOfferedHash ?? []).toString("hex") === installed.hash;
  if (status !== PackageStatusEnum.Installed && !isThere) {
    return { ...has, ...offered, status: PackageStatusEnum.InstallPending };
  }
  // What is installed came from the server, whichever offer was reported with it.
  return has && installedStatus(has);
}

function installedStatus(has: {
  readonly agentHasHash: Uint8Array;
  readonly agentHasVersion: string;
}): PackageStatusInit {
  return {
    ...has,
    serverOfferedHash: has.agentHasHash,
    serverOfferedVersion: has.agentHasVersion,
    status: PackageStatusEnum.Installed,
  };
}

function isEnd(status: number): boolean {
  return status === PackageStatusEnum.Installed || status === PackageStatusEnum.InstallFailed;
}

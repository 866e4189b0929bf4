import {
  PackageStatusEnum,
  type PackageStatusesInit,
  type PackageStatusInit,
} from "@opamp/protocol";
import { isHex, isJsonObject, type JsonObject } from "../state/json.ts";
import type { FileFormat } from "../state/state-files.ts";

/** What was last reported of packages. Hashes are in hexadecimal; what is empty is left out. */
export const statusesRecord: FileFormat<PackageStatusesInit> = {
  version: 1,
  parse({ packages, serverProvidedAllPackagesHash, errorMessage }) {
    if (!Array.isArray(packages)) return undefined;
    const parsed = packages.map(parseStatus).filter((status) => status !== undefined);
    if (parsed.length !== packages.length) return undefined;
    return {
      packages: Object.fromEntries(parsed.map((status) => [status.name, status])),
      serverProvidedAllPackagesHash: bytesOf(serverProvidedAllPackagesHash),
      errorMessage: textOf(errorMessage),
    };
  },
  format: ({ packages = {}, serverProvidedAllPackagesHash, errorMessage }) => ({
    packages: Object.values(packages).map(formatStatus),
    ...hexOf("serverProvidedAllPackagesHash", serverProvidedAllPackagesHash),
    ...(errorMessage && { errorMessage }),
  }),
};

const statusNames: ReadonlyMap<number, string> = new Map(
  Object.entries(PackageStatusEnum).map(([name, value]) => [value, name]),
);

function formatStatus(status: PackageStatusInit): JsonObject {
  const { name, agentHasVersion, serverOfferedVersion, errorMessage } = status;
  return {
    name,
    status: statusNames.get(status.status ?? PackageStatusEnum.Installed),
    ...(agentHasVersion && { agentHasVersion }),
    ...hexOf("agentHasHash", status.agentHasHash),
    ...(serverOfferedVersion && { serverOfferedVersion }),
    ...hexOf("serverOfferedHash", status.serverOfferedHash),
    ...(errorMessage && { errorMessage }),
  };
}

function parseStatus(value: unknown): (PackageStatusInit & { readonly name: string }) | undefined {
  if (!isJsonObject(value) || typeof value.name !== "string") return undefined;
  const status = Object.entries(PackageStatusEnum).find(([name]) => name === value.status)?.[1];
  if (status === undefined) return undefined;
  return {
    name: value.name,
    status,
    agentHasVersion: textOf(value.agentHasVersion),
    agentHasHash: bytesOf(value.agentHasHash),
    serverOfferedVersion: textOf(value.serverOfferedVersion),
    serverOfferedHash: bytesOf(value.serverOfferedHash),
    errorMessage: textOf(value.errorMessage),
  };
}

function hexOf(name: string, bytes: Uint8Array | undefined): JsonObject {
  return bytes && bytes.length > 0 ? { [name]: Buffer.from(bytes).toString("hex") } : {};
}

function bytesOf(value: unknown): Uint8Array {
  return new Uint8Array(isHex(value) ? Buffer.from(value, "hex") : []);
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

import { arch, hostname, platform, release } from "node:os";
import type { Attributes } from "@opamp/protocol";

/** What is known of this host and its system, by OpenTelemetry's resource conventions (C-86, C-256). */
export function hostAttributes(): Attributes {
  const name = platform();
  return {
    "os.type": osTypes.get(name) ?? name,
    "os.version": release(),
    "host.name": hostname(),
    "host.arch": hostArchs.get(arch()) ?? arch(),
  };
}

/** Where Node.js and the conventions have another name for the same. */
const osTypes: ReadonlyMap<string, string> = new Map([
  ["win32", "windows"],
  ["sunos", "solaris"],
]);

const hostArchs: ReadonlyMap<string, string> = new Map([
  ["x64", "amd64"],
  ["ia32", "x86"],
  ["arm", "arm32"],
  ["ppc", "ppc32"],
]);

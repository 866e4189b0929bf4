import { isIPv6 } from "node:net";
import { DEFAULT_PATH } from "@opamp/protocol";

/** Where an agent on this machine reaches a server that listens on a host and port. */
export function opampUrl(host: string, port: number): string {
  const isAnyAddress = host === "0.0.0.0" || host === "::";
  const name = isAnyAddress ? "127.0.0.1" : isIPv6(host) ? `[${host}]` : host;
  return `ws://${name}:${port}${DEFAULT_PATH}`;
}

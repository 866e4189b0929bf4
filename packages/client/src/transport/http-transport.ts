import { OpAMPError } from "@opamp/protocol";
import type { NetworkOptions } from "./network-options.ts";
import type { Transport } from "./transport.ts";

export function createHttpTransport(options: NetworkOptions): Transport {
  return {
    name: "http",
    pollsForMessages: true,
    connect: () =>
      Promise.reject(new OpAMPError("connect-failed", `no transport to ${options.url.host} yet`)),
  };
}

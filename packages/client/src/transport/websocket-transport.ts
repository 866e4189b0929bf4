import { OpAMPError } from "@opamp/protocol";
import type { NetworkOptions } from "./network-options.ts";
import type { Transport } from "./transport.ts";

export function createWebSocketTransport(options: NetworkOptions): Transport {
  return {
    name: "websocket",
    pollsForMessages: false,
    connect: () =>
      Promise.reject(new OpAMPError("connect-failed", `no transport to ${options.url.host} yet`)),
  };
}

import { createHttpTransport } from "./http-transport.ts";
import type { NetworkOptions } from "./network-options.ts";
import type { Transport } from "./transport.ts";
import { createWebSocketTransport } from "./websocket-transport.ts";

/** The transport that the scheme of the URL names. Throws `invalid-argument` for options that do not fit. */
export function createTransport(options: NetworkOptions): Transport {
  const { protocol } = options.url;
  const isHttp = protocol === "http:" || protocol === "https:";
  return isHttp ? createHttpTransport(options) : createWebSocketTransport(options);
}

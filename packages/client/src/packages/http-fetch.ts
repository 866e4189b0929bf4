import type { IncomingMessage } from "node:http";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { type Clock, OpAMPError } from "@opamp/protocol";
import { createDialer, type Dialer } from "../transport/dialer.ts";
import { get } from "../transport/http-post.ts";
import type { ProxyOptions, TlsOptions } from "../transport/network-options.ts";
import { isTls } from "../transport/redirect.ts";
import type { PackageFetch, PackageResponse } from "./packages-options.ts";
import { readBody } from "./read-body.ts";

export interface HttpFetchOptions {
  /** The client certificate is for this server alone. */
  readonly serverUrl: URL;
  readonly tls: TlsOptions;
  readonly proxy: ProxyOptions | undefined;
  readonly connectTimeoutMs: number;
  /** Whether a chunk of a body is of no use any longer when the next one is asked for. */
  readonly freesChunks: boolean;
  readonly clock: Clock;
}

/**
 * Requests over `node:http`, with the proxy and certificate authorities of the client. Throws
 * `invalid-argument` for options that cannot be used.
 */
export function createHttpFetch(options: HttpFetchOptions): PackageFetch {
  const { tls, proxy, connectTimeoutMs: connectMs } = options;
  const dialer = createDialer({ tls, proxy, timeouts: { connectMs } });
  return async (address, { headers, signal }) => {
    const url = new URL(address);
    const connecting = new AbortController();
    const deadline = options.clock.setTimer(() => {
      const problem = `no connection for a download was made within ${connectMs} ms`;
      connecting.abort(new OpAMPError("timeout", problem));
    }, connectMs);
    const onConnected = (): void => deadline.cancel();
    const either = AbortSignal.any([signal, connecting.signal]);
    try {
      const agent = agentFor(url, { options, dialer, signal: either });
      const message = await get({ url, headers, agent, signal: either, onConnected });
      return responseFrom(message, options.freesChunks);
    } finally {
      deadline.cancel();
    }
  };
}

interface Dialing {
  readonly options: HttpFetchOptions;
  readonly dialer: Dialer;
  readonly signal: AbortSignal;
}

function agentFor(url: URL, { options, dialer, signal }: Dialing): ReturnType<Dialer["agentFor"]> {
  const { serverUrl } = options;
  const trusted = isTls(url) && isTls(serverUrl) && url.host === serverUrl.host;
  return dialer.agentFor({ url, trusted, hops: 0 }, { keepAlive: false, signal });
}

function responseFrom(message: IncomingMessage, freesChunks: boolean): PackageResponse {
  // An answer that nobody reads may be cut: that is no error then.
  message.on("error", () => message.destroy());
  const get = (name: string): string | null => {
    const value = message.headers[name.toLowerCase()];
    return value === undefined ? null : [value].flat().join(", ");
  };
  const { statusCode: status = 0 } = message;
  return { status, headers: { get }, body: decoded(message, freesChunks) };
}

/** The bytes without the encoding they are transferred in, as the platform's `fetch` gives them. */
function decoded(message: IncomingMessage, freesChunks: boolean): AsyncIterable<Uint8Array> {
  const encoding = message.headers["content-encoding"]?.trim().toLowerCase() ?? "identity";
  if (encoding !== "gzip" && encoding !== "x-gzip") return readBody(message, freesChunks);
  // A failure of either end reaches whoever reads.
  return pipeline(message, createGunzip(), () => {});
}

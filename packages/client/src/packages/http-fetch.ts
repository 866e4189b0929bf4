import type { IncomingMessage } from "node:http";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { type Clock, OpAMPError } from "@opamp/protocol";
import type { WholeConnectionSettings } from "../connection-settings.ts";
import { createDialer, type Dialer } from "../transport/dialer.ts";
import { get } from "../transport/http-post.ts";
import { isTls } from "../transport/redirect.ts";
import { resolveServerUrl } from "../transport/server-url.ts";
import type { PackageFetch, PackageResponse } from "./packages-options.ts";
import { readBody } from "./read-body.ts";

export interface HttpFetchOptions {
  /** The settings in force. The client certificate is for their server alone. */
  readonly network: () => DownloadNetwork;
  readonly connectTimeoutMs: number;
  /** Whether a chunk of a body is of no use any longer when the next one is asked for. */
  readonly freesChunks: boolean;
  readonly clock: Clock;
}

/** What downloads share with the connection to the server. */
export type DownloadNetwork = Pick<WholeConnectionSettings, "serverUrl" | "tls" | "proxy">;

/** Requests over `node:http`, with the proxy and certificate authorities of the client. */
export function createHttpFetch(options: HttpFetchOptions): PackageFetch {
  const { connectTimeoutMs: connectMs } = options;
  const dialerFor = createDialers(connectMs);
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
      const network = options.network();
      const agent = agentFor(url, { network, dialer: dialerFor(network), signal: either });
      const message = await get({ url, headers, agent, signal: either, onConnected });
      return responseFrom(message, options.freesChunks);
    } finally {
      deadline.cancel();
    }
  };
}

/** Gives the same dialer for as long as the network stays as it is. */
function createDialers(connectMs: number): (network: DownloadNetwork) => Dialer {
  let latest: (Pick<DownloadNetwork, "tls" | "proxy"> & { readonly dialer: Dialer }) | undefined;
  return ({ tls, proxy }) => {
    if (latest?.tls !== tls || latest.proxy !== proxy) {
      const options = { tls, proxy: proxy ?? undefined, timeouts: { connectMs } };
      latest = { tls, proxy, dialer: createDialer(options) };
    }
    return latest.dialer;
  };
}

interface Dialing {
  readonly network: DownloadNetwork;
  readonly dialer: Dialer;
  readonly signal: AbortSignal;
}

function agentFor(url: URL, { network, dialer, signal }: Dialing): ReturnType<Dialer["agentFor"]> {
  const serverUrl = resolveServerUrl(network.serverUrl);
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

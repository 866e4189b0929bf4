import type { Agent, IncomingMessage } from "node:http";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { CONTENT_TYPE_PROTOBUF, INSTANCE_UID_HEADER, type Timer } from "@opamp/protocol";
import type { AttemptScope } from "./attempt-scope.ts";
import { post } from "./http-post.ts";
import type { NetworkOptions } from "./network-options.ts";
import { firstHop, type Hop, nextHop } from "./redirect.ts";
import { DEFAULT_HEADERS, type RequestHeaders, resolveHeaders } from "./request-headers.ts";
import { discardBody, readMessage } from "./response-body.ts";
import { errorFromResponse } from "./response-error.ts";

const compress = promisify(gzip);

/** Those that keep method and body; after the others a client would send an empty GET (L-04). */
const REDIRECTS: readonly number[] = [307, 308];

export interface ExchangeOptions {
  readonly options: NetworkOptions;
  /** The agent for one hop. */
  readonly agentFor: (hop: Hop) => Agent;
  readonly message: Uint8Array;
  readonly instanceUid: string;
  readonly scope: AttemptScope;
}

/** Posts one message and reads its answer, over redirects. */
export async function exchange(exchanging: ExchangeOptions): Promise<Uint8Array> {
  const { options, scope } = exchanging;
  const { signal } = scope;
  try {
    const response = await postOverRedirects(exchanging);
    if (response.statusCode === 200) {
      return await readMessage(response, options.limits.maxReceiveBytes);
    }
    throw await errorFromResponse(response, options.clock, { 413: "message-too-large" });
  } catch (thrown) {
    throw signal.aborted ? signal.reason : thrown;
  }
}

async function postOverRedirects(exchanging: ExchangeOptions): Promise<IncomingMessage> {
  const { options, scope, message, agentFor } = exchanging;
  const { signal } = scope;
  const onProgress = watchProgress(exchanging);
  const headers = await resolveHeaders(options.headers, signal);
  const body = options.compression ? await compress(message) : message;
  const own = ownHeaders(exchanging, body);
  for (let hop = firstHop(options.url); ; ) {
    const response = await post({
      url: hop.url,
      headers: { ...(hop.trusted ? headers : DEFAULT_HEADERS), ...own },
      body,
      agent: agentFor(hop),
      signal,
      ...onProgress,
    });
    const { statusCode: status = 0, headers: fields } = response;
    if (!REDIRECTS.includes(status)) return response;
    discardBody(response);
    hop = await nextHop(hop, { status, location: fields.location }, { ...options, signal });
  }
}

/** The deadlines of one exchange, however many addresses it visits (L-19). */
function watchProgress({ options, scope }: ExchangeOptions): {
  readonly onConnected: () => void;
  readonly onWritten: () => void;
} {
  const { connectMs, responseMs, writeMs } = options.timeouts;
  const connect = scope.deadline(connectMs, "no connection was made");
  let response: Timer | undefined;
  let write: Timer | undefined;
  return {
    onConnected() {
      connect.cancel();
      if (response === undefined) {
        response = scope.deadline(responseMs, "no complete answer arrived");
      }
      // The request before was answered with a redirect, however much of it was written.
      write?.cancel();
      write = scope.deadline(writeMs, "the request was not written");
    },
    onWritten: () => write?.cancel(),
  };
}

function ownHeaders({ options, instanceUid }: ExchangeOptions, body: Uint8Array): RequestHeaders {
  return {
    "content-type": CONTENT_TYPE_PROTOBUF,
    "content-length": String(body.length),
    "accept-encoding": "gzip",
    [INSTANCE_UID_HEADER]: instanceUid,
    ...(options.compression ? { "content-encoding": "gzip" } : {}),
  };
}

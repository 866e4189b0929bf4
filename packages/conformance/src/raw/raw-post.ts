import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { CONTENT_TYPE_PROTOBUF, type ServerToAgent } from "@opamp/protocol";
import { type Access, requestOptions } from "./access.ts";
import { contentOf, readBody } from "./body.ts";
import { readServerToAgent } from "./decode.ts";
import type { Trace } from "./trace.ts";

/** The answer to one HTTP request. */
export interface RawResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** As it came. */
  readonly body: Uint8Array;
  /** Without its content encoding. */
  readonly content: Uint8Array;
  /** What it says, when its content type is that of a message and it can be read. */
  readonly message: ServerToAgent | undefined;
}

export interface PostOptions {
  /** @default "POST" */
  readonly method?: string;
  /** @default Content-Type: application/x-protobuf */
  readonly headers?: Readonly<Record<string, string>>;
  readonly access?: Access;
  readonly trace?: Trace;
}

const protobuf = { "content-type": CONTENT_TYPE_PROTOBUF };

/** Sends one HTTP request with any body, on a TCP connection of its own. */
export async function post(
  url: string,
  body: Uint8Array,
  options: PostOptions = {},
): Promise<RawResponse> {
  const { method = "POST", headers = protobuf, access, trace } = options;
  trace?.("sent", method, body);
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const request = new URL(url).protocol === "https:" ? httpsRequest : httpRequest;
  const length = { "content-length": String(body.length) };
  const outgoing = request(url, {
    method,
    agent: false,
    ...requestOptions(access, { ...headers, ...length }),
  });
  outgoing.on("response", resolve).on("error", reject).end(body);
  return responseFrom(await promise, trace);
}

async function responseFrom(response: IncomingMessage, trace?: Trace): Promise<RawResponse> {
  const body = await readBody(response);
  const status = response.statusCode ?? 0;
  const content = contentOf(response.headers, body);
  trace?.("received", `status ${status}`, body);
  return {
    status,
    headers: response.headers,
    body,
    content,
    message: isMessage(response.headers) ? readServerToAgent(content) : undefined,
  };
}

function isMessage(headers: IncomingHttpHeaders): boolean {
  return headers["content-type"]?.startsWith(CONTENT_TYPE_PROTOBUF) === true;
}

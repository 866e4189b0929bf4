import { request as httpRequest, type OutgoingHttpHeaders } from "node:http";
import { request as httpsRequest, type RequestOptions } from "node:https";
import {
  bytesFromInstanceUid,
  createInstanceUid,
  decodeServerToAgent,
  encodeAgentToServer,
  type ServerToAgent,
} from "@opamp/protocol";
import { comparable } from "./comparable.ts";

export interface RawResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export interface RawRequest extends RequestOptions {
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: Uint8Array;
}

/** Sends one HTTP request as it is, on a connection of its own. */
export function send(url: string, { body, ...options }: RawRequest = {}): Promise<RawResponse> {
  return new Promise((resolve, reject) => {
    const open = url.startsWith("https:") ? httpsRequest : httpRequest;
    const request = open(url, { agent: false, ...options }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const { statusCode = 0, headers } = response;
        resolve({ status: statusCode, headers, body: Buffer.concat(chunks) });
      });
    });
    request.on("error", reject);
    request.end(body);
  });
}

/** Posts a body with the media type of OpAMP. */
export function post(
  url: string,
  body: Uint8Array,
  options: Omit<RawRequest, "body" | "method"> = {},
): Promise<RawResponse> {
  const headers = { "content-type": "application/x-protobuf", ...options.headers };
  return send(url, { ...options, method: "POST", headers, body });
}

/** A message with a fresh uid, encoded. */
export function pollMessage(): { readonly uid: Uint8Array; readonly body: Uint8Array } {
  const uid = bytesFromInstanceUid(createInstanceUid());
  return { uid, body: encodeAgentToServer({ instanceUid: uid, sequenceNum: 1n }) };
}

/** The message in a response. */
export function messageOf(response: RawResponse): ServerToAgent {
  return comparable(decodeServerToAgent(response.body));
}

import type { ServerToAgentInit } from "@opamp/protocol";

/** What a raw server does with an attempt to connect: with an upgrade, or with an HTTP request. */
export type AttemptReaction =
  | { readonly kind: "accept" }
  | StatusReaction
  /** Cuts the TCP connection. */
  | { readonly kind: "drop" }
  /** Never answers. */
  | { readonly kind: "silence" };

/** What a raw server does with a message. */
export type MessageReaction =
  /** Answers as it would anyway, with these fields added. */
  | { readonly kind: "answer"; readonly message?: ServerToAgentInit }
  /** Answers with a frame, or with a body of status 200. */
  | {
      readonly kind: "bytes";
      readonly bytes: Uint8Array;
      /** Of the HTTP response. */
      readonly headers?: Readonly<Record<string, string>>;
      /** Sends a WebSocket text message instead of a binary one. */
      readonly text?: boolean;
    }
  /** Closes the WebSocket with a close frame; on HTTP, the TCP connection after an answer. */
  | { readonly kind: "close"; readonly code: number }
  /** Answers when the promise has settled. */
  | { readonly kind: "hold"; readonly until: Promise<void>; readonly message?: ServerToAgentInit }
  | { readonly kind: "drop" }
  | { readonly kind: "silence" };

/** An HTTP answer other than 200. */
export interface StatusReaction {
  readonly kind: "status";
  readonly status: number;
  /** A function is asked when the attempt is there. */
  readonly headers?: ReactionHeaders | (() => ReactionHeaders);
  readonly body?: Uint8Array;
}

type ReactionHeaders = Readonly<Record<string, string>>;

/** The headers of a status, as of now. */
export function headersOf({ headers = {} }: StatusReaction): ReactionHeaders {
  return typeof headers === "function" ? headers() : headers;
}

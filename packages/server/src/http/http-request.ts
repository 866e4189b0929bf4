import type { ConnectRequest } from "../connect-request.ts";
import type { Gzip } from "./gzip.ts";
import type { HttpAnswer } from "./http-answer.ts";

/** What the core needs of one HTTP request. */
export interface HttpRequest {
  readonly method: string;
  readonly connect: ConnectRequest;
  /** Whether the agent could have asked for a WebSocket here. */
  readonly offersWebSocket: boolean;
  /** Whether the agent has gone without waiting for the answer. */
  readonly gone: boolean;
  /** How the body and the answer are compressed. */
  readonly gzip: Gzip;
  /** Reads the body as it came, up to so many bytes. Never rejects. */
  readBody(maxBytes: number): Promise<BodyOutcome>;
  /** Writes the answer. Rejects with `connection-lost` when the agent has gone. */
  respond(answer: HttpAnswer): Promise<void>;
  /** Breaks it off, answered or not. */
  cut(): void;
}

/** How reading a body ended. */
export type BodyOutcome =
  | { readonly kind: "complete"; readonly bytes: Uint8Array }
  | { readonly kind: "too-large" }
  | { readonly kind: "timeout" }
  | { readonly kind: "aborted" }
  /** Somebody else has read it. */
  | { readonly kind: "taken" };

/** A body that is being read, as seen by the timer that all share. */
export interface BodyReader {
  timedOut(): void;
}

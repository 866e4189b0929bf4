import type { ConnectRequest } from "../connect-request.ts";
import type { HttpAnswer } from "./http-answer.ts";

/** What the core needs of one HTTP request. */
export interface HttpRequest {
  readonly method: string;
  readonly connect: ConnectRequest;
  /** Whether the agent has gone without waiting for the answer. */
  readonly gone: boolean;
  /** Reads the body as it came, up to so many bytes. Never rejects. */
  readBody(maxBytes: number): Promise<BodyOutcome>;
  /** Writes the answer. Rejects with `connection-lost` when the agent has gone. */
  respond(answer: HttpAnswer): Promise<void>;
}

/** How reading a body ended. */
export type BodyOutcome =
  | { readonly kind: "complete"; readonly bytes: Uint8Array }
  | { readonly kind: "too-large" }
  | { readonly kind: "timeout" }
  | { readonly kind: "aborted" };

import type { IncomingHttpHeaders } from "node:http";
import type { PeerCertificate } from "node:tls";
import type { ConnectionCallbacks } from "./callbacks.ts";
import type { Identity } from "./security/identity.ts";

/** The HTTP request of an agent that wants to connect. */
export interface ConnectRequest {
  readonly transport: "websocket" | "http";
  /** Path and query, without what `takeQueryParameter` took. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
  /** Whether it came over TLS. */
  readonly encrypted: boolean;
  /** The client certificate, when one was presented and TLS asked for it. */
  readonly peerCertificate: PeerCertificate | undefined;
  /** Whether that certificate was verified against the server's CAs. */
  readonly peerAuthorized: boolean;
  /** Fires when the agent goes away before it is answered. */
  readonly signal: AbortSignal;
  /** Takes a query parameter out of `url` for good: a credential, that must not be logged (L-33). */
  takeQueryParameter(name: string): readonly string[];
}

/** Whether an agent may connect. */
export type ConnectDecision =
  | {
      readonly accept: true;
      readonly callbacks?: ConnectionCallbacks;
      /** Whom the credentials belong to; `identityOf` tells it of a connection. */
      readonly identity?: Identity;
    }
  | {
      readonly accept: false;
      /** HTTP status, from 400 to 599. */
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      /** A sentence for whoever reads the answer. @default the status text */
      readonly body?: string;
    };

/** Lets the agent in; callbacks given here replace those of the server for this connection. */
export function accept(callbacks?: ConnectionCallbacks): ConnectDecision {
  return callbacks === undefined ? { accept: true } : { accept: true, callbacks };
}

/** Turns the agent away: 401 for missing credentials (S-148), 503 or 429 to come back later (S-132). */
export function reject(
  status: number,
  options: { readonly headers?: Readonly<Record<string, string>>; readonly body?: string } = {},
): ConnectDecision {
  return { accept: false, status, ...options };
}

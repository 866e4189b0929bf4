import type { Agent, IncomingMessage } from "node:http";
import { stopAtViolation } from "@opamp/protocol/internal";
import { type ClientOptions, type PerMessageDeflateOptions, WebSocket } from "ws";
import { errorFromNetwork } from "./network-error.ts";
import type { NetworkOptions } from "./network-options.ts";
import type { RequestHeaders } from "./request-headers.ts";

export interface HandshakeOptions {
  readonly url: URL;
  readonly headers: RequestHeaders;
  readonly agent: Agent;
  /** Ends the handshake; its reason is what the promise rejects with. */
  readonly signal: AbortSignal;
  readonly options: NetworkOptions;
}

export type HandshakeAnswer =
  | { readonly kind: "open"; readonly socket: WebSocket }
  | { readonly kind: "refused"; readonly response: IncomingMessage };

/** Without context takeover no memory is held between messages; 4 KiB windows keep it small within one. */
const DEFLATE: PerMessageDeflateOptions = {
  threshold: 1024,
  clientNoContextTakeover: true,
  serverNoContextTakeover: true,
  clientMaxWindowBits: 12,
  zlibDeflateOptions: { memLevel: 5 },
};

/**
 * One opening handshake with one address. An open socket is handed over paused, so that nothing
 * arrives before there is a session to take it.
 */
export function shakeHands(handshake: HandshakeOptions): Promise<HandshakeAnswer> {
  const { signal } = handshake;
  signal.throwIfAborted();
  const socket = new WebSocket(handshake.url, clientOptions(handshake));
  return new Promise<HandshakeAnswer>((resolve, reject) => {
    const cut = (): void => socket.terminate();
    signal.addEventListener("abort", cut, { once: true });
    const settle = (): void => signal.removeEventListener("abort", cut);
    socket.once("open", () => {
      settle();
      stopAtViolation(socket);
      socket.pause();
      resolve({ kind: "open", socket });
    });
    socket.once("unexpected-response", (_request, response) => {
      resolve({ kind: "refused", response });
    });
    // Stays for good: a refused handshake that is cut later fails once more.
    socket.on("error", (thrown) => {
      settle();
      const failure = errorFromNetwork(thrown, "connect-failed", "cannot connect");
      reject(signal.aborted ? signal.reason : failure);
    });
  });
}

function clientOptions({
  headers,
  agent,
  options,
}: HandshakeOptions): ClientOptions & { closeTimeout: number } {
  return {
    agent,
    // Lists reach node:http, which takes them; the types of ws do not know.
    headers: { ...headers } as Record<string, string>,
    followRedirects: false,
    perMessageDeflate: options.compression && DEFLATE,
    maxPayload: options.limits.maxReceiveBytes,
    // Only for a server that closes and leaves the connection open; the session keeps its own time.
    closeTimeout: options.timeouts.closeMs,
  };
}

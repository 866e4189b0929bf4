import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { ServerToAgent } from "@opamp/protocol";
import WebSocket from "ws";
import { type Access, requestOptions } from "./access.ts";
import { readBody } from "./body.ts";
import { readServerFrame } from "./decode.ts";
import { createRecording, type Recording } from "./recording.ts";
import type { Trace } from "./trace.ts";

/** A WebSocket that sends and records frames as they are. */
export interface RawWebSocket {
  /** Of the answer to the upgrade. */
  readonly headers: IncomingHttpHeaders;
  readonly received: Recording<RawServerFrame>;
  /** Resolves when the socket has closed; `code` is 1006 when no close frame came. */
  readonly closed: Promise<RawClose>;
  /** Sends one binary message; resolves when it was written. */
  send(frame: Uint8Array): Promise<void>;
  /** Sends one text message. */
  sendText(text: Uint8Array): Promise<void>;
  /** Sends one binary message in several fragments. */
  sendFragments(parts: readonly Uint8Array[]): Promise<void>;
  /** Closes with a close frame. */
  close(code?: number): Promise<RawClose>;
  /** Cuts the connection without a word. */
  cut(): void;
}

/** One WebSocket message from a server. */
export interface RawServerFrame {
  readonly binary: boolean;
  /** Header and data. */
  readonly bytes: Uint8Array;
  /** What it says, when it can be read. */
  readonly message: ServerToAgent | undefined;
}

export interface RawClose {
  readonly code: number;
  readonly reason: string;
}

/** How a server answered an upgrade. */
export type RawHandshake =
  | { readonly opened: true; readonly socket: RawWebSocket }
  | {
      readonly opened: false;
      readonly status: number;
      readonly headers: IncomingHttpHeaders;
      readonly body: Uint8Array;
    };

export interface OpenWebSocketOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Offers permessage-deflate. @default false */
  readonly deflate?: boolean;
  readonly access?: Access;
  readonly trace?: Trace;
  /** How long what is received is waited for, in milliseconds. @default 5000 */
  readonly waitMs?: number;
}

const MAX_RECEIVED_BYTES = 256 * 1024 * 1024;

/** Asks for an upgrade. Rejects when the server does not answer with HTTP at all. */
export function openWebSocket(
  url: string,
  options: OpenWebSocketOptions = {},
): Promise<RawHandshake> {
  const { promise, resolve, reject } = Promise.withResolvers<RawHandshake>();
  const socket = new WebSocket(url, {
    ...requestOptions(options.access, options.headers),
    maxPayload: MAX_RECEIVED_BYTES,
    perMessageDeflate: options.deflate === true ? { threshold: 0 } : false,
  });
  let headers: IncomingHttpHeaders = {};
  socket.on("upgrade", (response: IncomingMessage) => {
    headers = response.headers;
  });
  socket.on("unexpected-response", (_request, response: IncomingMessage) => {
    refusalFrom(response, options.trace).then(resolve, reject);
  });
  socket.on("error", reject);
  const raw = wrap(socket, options);
  socket.on("open", () => resolve({ opened: true, socket: { ...raw, headers } }));
  return promise;
}

async function refusalFrom(response: IncomingMessage, trace?: Trace): Promise<RawHandshake> {
  const body = await readBody(response);
  const status = response.statusCode ?? 0;
  trace?.("received", `status ${status} to the upgrade`, body);
  return { opened: false, status, headers: response.headers, body };
}

function wrap(
  socket: WebSocket,
  { trace = () => {}, waitMs }: OpenWebSocketOptions,
): Omit<RawWebSocket, "headers"> {
  const received = createRecording<RawServerFrame>(waitMs);
  const closed = Promise.withResolvers<RawClose>();
  socket.binaryType = "nodebuffer";
  socket.on("message", (data: Buffer, binary: boolean) => {
    trace("received", binary ? "frame" : "text frame", data);
    received.record({ binary, bytes: data, message: binary ? readServerFrame(data) : undefined });
  });
  socket.on("close", (code, reason) => {
    trace("received", `close ${code}`, reason);
    closed.resolve({ code, reason: reason.toString() });
  });
  const send = (bytes: Uint8Array, flags: { binary: boolean; fin: boolean }): Promise<void> =>
    new Promise((resolve, reject) => {
      trace("sent", flags.binary ? "frame" : "text frame", bytes);
      socket.send(bytes, flags, (error) => (error == null ? resolve() : reject(error)));
    });
  return {
    received,
    closed: closed.promise,
    send: (frame) => send(frame, { binary: true, fin: true }),
    sendText: (text) => send(text, { binary: false, fin: true }),
    async sendFragments(parts) {
      for (const [i, part] of parts.entries()) {
        await send(part, { binary: true, fin: i === parts.length - 1 });
      }
    },
    close(code = 1000) {
      trace("sent", `close ${code}`);
      socket.close(code);
      return closed.promise;
    },
    cut() {
      trace("sent", "cut");
      socket.terminate();
    },
  };
}

import type { IncomingHttpHeaders, IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { encodeFrame, encodeServerToAgent, type ServerToAgentInit } from "@opamp/protocol";
import { type WebSocket, WebSocketServer } from "ws";
import { readAgentFrame } from "./decode.ts";
import type { RawServerParts } from "./raw-server-parts.ts";
import type { RawClose } from "./raw-web-socket.ts";
import { headersOf, type MessageReaction, type StatusReaction } from "./reaction.ts";
import type { ReceivedMessage } from "./received-message.ts";
import { createRecording, type Recording } from "./recording.ts";
import type { Trace } from "./trace.ts";

/** A request to upgrade. */
export interface RawUpgrade {
  readonly atMs: number;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

/** One WebSocket of a raw server. */
export interface RawServerSocket {
  readonly openedAtMs: number;
  readonly open: boolean;
  /** What came on this socket only. */
  readonly messages: readonly ReceivedMessage[];
  /** Resolves when it has closed; the code is 1006 when no close frame came. */
  readonly closed: Promise<RawClose>;
  say(message: ServerToAgentInit): Promise<void>;
  /** Sends any bytes as one WebSocket message. */
  send(bytes: Uint8Array, options?: { readonly text?: boolean }): Promise<void>;
  close(code: number): void;
  cut(): void;
}

const MAX_RECEIVED_BYTES = 256 * 1024 * 1024;

/** Answers the upgrade requests of an HTTP server. */
export function serveUpgrades(
  http: Server,
  parts: RawServerParts & { readonly deflate: boolean },
): { readonly upgrades: Recording<RawUpgrade>; readonly sockets: Recording<RawServerSocket> } {
  const upgrades = createRecording<RawUpgrade>(parts.waitMs);
  const sockets = createRecording<RawServerSocket>(parts.waitMs);
  const acceptor = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_RECEIVED_BYTES,
    perMessageDeflate: parts.deflate ? { threshold: 0 } : false,
  });
  http.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on("error", () => socket.destroy());
    const { url = "", headers } = request;
    upgrades.record({ atMs: performance.now(), url, headers });
    parts.trace("received", `upgrade of ${url}`);
    const reaction = parts.book.attempts.shift() ?? { kind: "accept" };
    switch (reaction.kind) {
      case "accept":
        acceptor.handleUpgrade(request, socket, head, (webSocket) =>
          sockets.record(talkOn(webSocket, parts)),
        );
        break;
      case "status":
        parts.trace("sent", `status ${reaction.status} to the upgrade`);
        socket.end(responseText(reaction));
        break;
      case "drop":
        socket.destroy();
        break;
      case "silence":
        break;
    }
  });
  return { upgrades, sockets };
}

function responseText(reaction: StatusReaction): string {
  const { status, body } = reaction;
  const lines = Object.entries(headersOf(reaction)).map(([name, value]) => `${name}: ${value}\r\n`);
  const content = Buffer.from(body ?? []).toString("latin1");
  return `HTTP/1.1 ${status} Refused\r\n${lines.join("")}content-length: ${content.length}\r\nconnection: close\r\n\r\n${content}`;
}

function talkOn(webSocket: WebSocket, parts: RawServerParts): RawServerSocket {
  const socket = wrap(webSocket, parts.trace);
  const heard = new Set<string>();
  webSocket.on("message", (data: Buffer, binary: boolean) => {
    parts.trace("received", binary ? "frame" : "text frame", data);
    const received = receivedFrame(data, binary);
    const uid = Buffer.from(received.message?.instanceUid ?? []).toString("hex");
    const answer = parts.book.answerTo(received.message, !heard.has(uid));
    heard.add(uid);
    socket.messages.push(received);
    const reaction = parts.book.reactions.shift() ?? { kind: "answer" };
    parts.messages.record(received);
    void react(socket, reaction, answer);
  });
  return socket;
}

function receivedFrame(bytes: Uint8Array, binary: boolean): ReceivedMessage {
  return {
    transport: "websocket",
    atMs: performance.now(),
    bytes,
    encoded: bytes.subarray(1),
    binary,
    message: readAgentFrame(bytes),
  };
}

async function react(
  socket: RawServerSocket,
  reaction: MessageReaction,
  answer: ServerToAgentInit,
): Promise<void> {
  switch (reaction.kind) {
    case "answer":
      return socket.say({ ...answer, ...reaction.message });
    case "bytes":
      return socket.send(reaction.bytes, { text: reaction.text ?? false });
    case "hold":
      await reaction.until;
      return socket.say({ ...answer, ...reaction.message });
    case "close":
      return socket.close(reaction.code);
    case "drop":
      return socket.cut();
    case "silence":
  }
}

function wrap(
  webSocket: WebSocket,
  trace: Trace,
): RawServerSocket & { readonly messages: ReceivedMessage[] } {
  const closed = Promise.withResolvers<RawClose>();
  webSocket.on("error", () => webSocket.terminate());
  webSocket.on("close", (code, reason) => {
    trace("received", `close ${code}`, reason);
    closed.resolve({ code, reason: reason.toString() });
  });
  const send: RawServerSocket["send"] = (bytes, { text = false } = {}) => {
    trace("sent", text ? "text frame" : "frame", bytes);
    // A client may close at any moment; the case sees that by the close.
    return new Promise((resolve) => webSocket.send(bytes, { binary: !text }, () => resolve()));
  };
  return {
    openedAtMs: performance.now(),
    get open() {
      return webSocket.readyState === webSocket.OPEN;
    },
    messages: [],
    closed: closed.promise,
    say: (message) => send(encodeFrame(encodeServerToAgent(message))),
    send,
    close: (code) => webSocket.close(code),
    cut: () => webSocket.terminate(),
  };
}

import {
  AgentCapabilities,
  type AgentToServerInit,
  bytesFromInstanceUid,
  CONTENT_TYPE_PROTOBUF,
  createInstanceUid,
  encodeAgentToServer,
  encodeFrame,
  type ServerToAgent,
} from "@opamp/protocol";
import type { Access } from "./access.ts";
import { post } from "./raw-post.ts";
import { openWebSocket, type RawWebSocket } from "./raw-web-socket.ts";
import type { Trace } from "./trace.ts";
import type { TransportName } from "./transport-name.ts";

/**
 * An agent made of single messages, over either transport. It counts, and fills in what every
 * message needs; all else, and any bytes, are the caller's.
 */
export interface RawAgent extends AsyncDisposable {
  readonly transport: TransportName;
  readonly instanceUid: Uint8Array;
  /** Sends a message, filled up with uid, number and capabilities; resolves with the next answer. */
  exchange(message?: AgentToServerInit): Promise<RawAnswer>;
  /** Sends an encoded message as it is: as a body, or as a frame with the header 0. */
  exchangeBytes(encoded: Uint8Array): Promise<RawAnswer>;
  /** The message that `exchange` would send next, encoded; counts it as sent. */
  encode(message?: AgentToServerInit): Uint8Array;
}

/** What a server answered. */
export interface RawAnswer {
  /** The frame without its first byte, or the content of the body. */
  readonly encoded: Uint8Array;
  /** What it says; undefined when it is no message. */
  readonly message: ServerToAgent | undefined;
  /** 101 on WebSocket. */
  readonly status: number;
}

/** A raw agent on a WebSocket. */
export interface RawWebSocketAgent extends RawAgent {
  readonly socket: RawWebSocket;
}

export interface RawAgentOptions {
  /** @default a new one */
  readonly instanceUid?: Uint8Array;
  /** Of the upgrade, or of every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Offers permessage-deflate. @default false */
  readonly deflate?: boolean;
  readonly access?: Access;
  readonly trace?: Trace;
  /** How long an answer over WebSocket is waited for, in milliseconds. @default 5000 */
  readonly waitMs?: number;
}

/** Connects a raw agent over WebSocket. Rejects when the server refuses. */
export async function connectOverWebSocket(
  url: string,
  options: RawAgentOptions = {},
): Promise<RawWebSocketAgent> {
  const handshake = await openWebSocket(url, options);
  if (!handshake.opened) throw new Error(`the upgrade was refused with ${handshake.status}`);
  const { socket } = handshake;
  const agent = agentOver("websocket", options, async (encoded) => {
    await socket.send(encodeFrame(encoded));
    const answer = socket.received.take({ what: "an answer of the server" });
    const { bytes, message } = await Promise.race([answer, failureWhenClosed(socket)]);
    return { encoded: bytes.subarray(1), message, status: 101 };
  });
  return { ...agent, socket, [Symbol.asyncDispose]: async () => socket.cut() };
}

async function failureWhenClosed({ closed }: RawWebSocket): Promise<never> {
  const { code } = await closed;
  throw new Error(`the WebSocket was closed with ${code} before an answer came`);
}

/** A raw agent that sends each message as an HTTP request of its own. */
export function connectOverHttp(url: string, options: RawAgentOptions = {}): RawAgent {
  const headers = { "content-type": CONTENT_TYPE_PROTOBUF, ...options.headers };
  const { access, trace } = options;
  return agentOver("http", options, async (encoded) => {
    const response = await post(url, encoded, {
      headers,
      ...(access && { access }),
      ...(trace && { trace }),
    });
    return { encoded: response.content, message: response.message, status: response.status };
  });
}

function agentOver(
  transport: TransportName,
  options: RawAgentOptions,
  exchangeBytes: (encoded: Uint8Array) => Promise<RawAnswer>,
): RawAgent {
  const instanceUid = options.instanceUid ?? bytesFromInstanceUid(createInstanceUid());
  let sequenceNum = -1n;
  const encode = (message: AgentToServerInit = {}): Uint8Array => {
    sequenceNum += 1n;
    const capabilities = AgentCapabilities.ReportsStatus;
    return encodeAgentToServer({ instanceUid, sequenceNum, capabilities, ...message });
  };
  return {
    transport,
    instanceUid,
    exchange: (message) => exchangeBytes(encode(message)),
    exchangeBytes,
    encode,
    [Symbol.asyncDispose]: async () => {},
  };
}

import { once } from "node:events";
import {
  type AgentToServerInit,
  bytesFromInstanceUid,
  createInstanceUid,
  decodeFrame,
  decodeServerToAgent,
  encodeAgentToServer,
  encodeFrame,
  type InstanceUid,
  type ServerToAgent,
} from "@opamp/protocol";
import { type ClientOptions, WebSocket } from "ws";
import { comparable } from "./comparable.ts";
import type { RawResponse } from "./http-agent.ts";

/** An agent that speaks raw frames over a bare WebSocket. */
export interface RawAgent extends AsyncDisposable {
  readonly webSocket: WebSocket;
  readonly uid: InstanceUid;
  readonly uidBytes: Uint8Array;
  /** Every frame received so far. */
  readonly frames: readonly Buffer[];
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  /** Sends a message with this agent's uid, or another. */
  say(message?: AgentToServerInit): void;
  /** Sends bytes as they are. */
  sendBytes(bytes: Uint8Array | string): void;
  /** The next message, decoded. */
  next(): Promise<ServerToAgent>;
  /** Says something and takes the next message for its answer. */
  ask(message?: AgentToServerInit): Promise<ServerToAgent>;
}

/** Connects an agent; rejects when the upgrade is refused. */
export async function connectAgent(url: string, options: ClientOptions = {}): Promise<RawAgent> {
  const webSocket = new WebSocket(url, { perMessageDeflate: false, ...options });
  const agent = rawAgent(webSocket);
  await once(webSocket, "open");
  return agent;
}

/** How an upgrade is refused. */
export async function refusalOf(url: string): Promise<RawResponse> {
  const webSocket = new WebSocket(url);
  const [, response] = await once(webSocket, "unexpected-response");
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  const { statusCode, headers } = response;
  return { status: statusCode, headers, body: Buffer.concat(chunks) };
}

function rawAgent(webSocket: WebSocket): RawAgent {
  const uid = createInstanceUid();
  const uidBytes = bytesFromInstanceUid(uid);
  const frames: Buffer[] = [];
  let taken = 0;
  webSocket.on("message", (data: Buffer) => {
    frames.push(data);
    webSocket.emit("frame");
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    webSocket.once("close", (code, reason) => resolve({ code, reason: String(reason) }));
  });
  const agent: RawAgent = {
    webSocket,
    uid,
    uidBytes,
    frames,
    closed,
    say: (message) =>
      agent.sendBytes(encodeFrame(encodeAgentToServer({ instanceUid: uidBytes, ...message }))),
    sendBytes: (bytes) => webSocket.send(bytes),
    async next() {
      while (frames.length === taken) await once(webSocket, "frame");
      taken += 1;
      return comparable(decodeServerToAgent(decodeFrame(frames[taken - 1] ?? new Uint8Array())));
    },
    ask(message) {
      agent.say(message);
      return agent.next();
    },
    async [Symbol.asyncDispose]() {
      webSocket.terminate();
      await closed;
    },
  };
  return agent;
}

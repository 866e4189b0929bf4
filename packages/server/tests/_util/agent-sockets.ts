import { once } from "node:events";
import { createServer } from "node:http";
import type { Socket as NetSocket } from "node:net";
import { beforeEach, vi } from "vitest";
import { type PerMessageDeflateOptions, WebSocket } from "ws";
import { createAcceptUpgrade } from "../../src/node/accept-upgrade.ts";
import type { AgentSocket } from "../../src/node/agent-socket.ts";
import { LateWebSocket } from "../../src/node/late-web-socket.ts";
import { resolveSettings } from "../../src/resolve-settings.ts";
import type { ServerLimits } from "../../src/settings.ts";
import type { SocketListener } from "../../src/websocket/socket.ts";

/** Notes what a WebSocket tells. */
export class Recorder implements SocketListener {
  readonly messages: Uint8Array[] = [];
  readonly events: string[] = [];
  readonly ended: PromiseWithResolvers<number> = Promise.withResolvers<number>();
  onMessage: (() => void) | undefined;
  isOpen = false;

  opened(): void {
    this.isOpen = true;
  }
  received(data: Uint8Array, isBinary: boolean): void {
    if (!this.isOpen) this.events.push("too early");
    this.messages.push(data);
    if (!isBinary) this.events.push("text");
    this.onMessage?.();
  }
  ponged(): void {
    this.events.push("pong");
  }
  violated(code: number): void {
    this.events.push(`violated ${code}`);
  }
  closed(code: number): void {
    this.ended.resolve(code);
  }
}

/** Writes a message. Resolves when it is written. */
export function written(socket: AgentSocket, message: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const writer = { written: (error?: Error | null) => (error ? reject(error) : resolve()) };
    if (socket.write(message, writer)) resolve();
  });
}

/** Tells whether in the test that runs a WebSocket was left to `ws`, which is dear. */
export function watchForWs(): () => boolean {
  const begin = vi.spyOn(LateWebSocket.prototype, "begin");
  beforeEach(() => void begin.mockClear());
  return () => begin.mock.calls.length > 0;
}

export interface OverNetwork extends AsyncDisposable {
  readonly agent: WebSocket;
  readonly socket: AgentSocket;
  readonly recorder: Recorder;
  /** The end of the agent. */
  readonly agentWire: NetSocket;
  /** The end of the server. */
  readonly wire: NetSocket;
}

/** A WebSocket whose agent is a client of `ws`; with limits of the server, and what the agent offers. */
export async function overNetwork(
  perMessageDeflate: boolean | PerMessageDeflateOptions = false,
  limits: ServerLimits = {},
): Promise<OverNetwork> {
  const recorder = new Recorder();
  const opened = Promise.withResolvers<AgentSocket>();
  const accept = createAcceptUpgrade(resolveSettings({ limits }));
  const server = createServer().on("upgrade", (request, socket, head) => {
    void accept({ request, socket, head }, (webSocket) => {
      webSocket.listen(recorder);
      opened.resolve(webSocket);
    });
  });
  const connected = once(server, "connection");
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const agent = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate });
  const upgraded = once(agent, "upgrade");
  await once(agent, "open");
  const [{ socket: agentWire }] = await upgraded;
  const [wire] = await connected;
  return {
    agent,
    agentWire,
    wire,
    recorder,
    socket: await opened.promise,
    async [Symbol.asyncDispose]() {
      agent.terminate();
      await recorder.ended.promise;
      server.close();
      await once(server, "close");
    },
  };
}

import {
  type AgentToServerInit,
  bytesFromInstanceUid,
  createInstanceUid,
  encodeAgentToServer,
  encodeFrame,
  OpAMPError,
} from "@opamp/protocol";
import { createFakeClock, eventually, type FakeClock } from "@opamp/test-kit";
import { describe, expect, it } from "vitest";
import type { ConnectionCallbacks } from "../callbacks.ts";
import type { ConnectRequest } from "../connect-request.ts";
import type { CloseReason } from "../connection.ts";
import { Entrance } from "../overload/entrance.ts";
import { createServerContext } from "../server-context.ts";
import type { ServerSettings } from "../settings.ts";
import { WebSocketConnection } from "./connection.ts";
import { createWebSocketHub, type WebSocketHub } from "./hub.ts";
import type { Socket, Writer } from "./socket.ts";

const request: ConnectRequest = {
  transport: "websocket",
  url: "/v1/opamp",
  headers: {},
  remoteAddress: "192.0.2.1",
  remotePort: 1,
  encrypted: false,
  peerCertificate: undefined,
  peerAuthorized: false,
  signal: new AbortController().signal,
  takeQueryParameter: () => [],
};

/** A socket that writes nothing until it is told to. */
class FakeSocket implements Socket {
  readonly calls: string[] = [];
  readonly writes: ((error?: Error) => void)[] = [];

  write(_message: Uint8Array, writer: Writer): boolean {
    this.writes.push((error) => writer.written(error));
    return false;
  }
  writeSoon(): boolean {
    return false;
  }
  ping(): void {
    this.calls.push("ping");
  }
  pause(): void {
    this.calls.push("pause");
  }
  resume(): void {
    this.calls.push("resume");
  }
  close(code: number): void {
    this.calls.push(`close ${code}`);
  }
  terminate(): void {
    this.calls.push("terminate");
  }
}

interface Setup {
  readonly clock: FakeClock;
  readonly socket: FakeSocket;
  readonly hub: WebSocketHub<WebSocketConnection>;
  readonly connection: WebSocketConnection;
  readonly settings: ServerSettings;
}

function setUp(callbacks: ConnectionCallbacks = {}, settings: ServerSettings = {}): Setup {
  const clock = createFakeClock();
  const context = createServerContext({ clock, ...settings });
  const open = { context, isOpen: () => true, openConnections: () => 0 };
  const hub = createWebSocketHub<WebSocketConnection>(context, new Entrance(open));
  const socket = new FakeSocket();
  const connection = new WebSocketConnection({ hub, socket, request, callbacks });
  connection.opened();
  return { clock, socket, hub, connection, settings };
}

const instanceUid = bytesFromInstanceUid(createInstanceUid());

function frame(message: AgentToServerInit = {}): Uint8Array {
  return encodeFrame(encodeAgentToServer({ instanceUid, ...message }));
}

/** Lets one agent be heard, and its answer be written. */
async function hearAgent({ connection, socket, clock }: Setup): Promise<void> {
  connection.received(frame(), true);
  await clock.settle();
  socket.writes.shift()?.();
  await clock.settle();
}

function codeOf(sending: Promise<void>): Promise<string> {
  return sending.then(
    () => "written",
    (error: unknown) => (error instanceof OpAMPError ? error.code : "?"),
  );
}

describe("pings", () => {
  it("go out at the interval, and an agent that does not answer is cut", async () => {
    const { clock, socket } = setUp();
    await clock.advance(29_999);
    expect(socket.calls).toEqual([]);
    await clock.advance(1);
    expect(socket.calls).toEqual(["ping"]);
    await clock.advance(10_000);
    expect(socket.calls).toEqual(["ping", "terminate"]);
  });

  it("leave an agent that answers alone, however long it says nothing [S-51]", async () => {
    const { clock, socket, connection } = setUp();
    for (let round = 0; round < 5; round += 1) {
      await clock.advance(30_000);
      connection.ponged();
    }
    expect(socket.calls).toEqual(["ping", "ping", "ping", "ping", "ping"]);
  });

  it("are not sent with an interval of 0", async () => {
    const { clock, socket } = setUp({}, { timeouts: { pingIntervalMs: 0 } });
    await clock.advance(3_600_000);
    expect(socket.calls).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });

  it("share one timer among all connections, which closing frees", async () => {
    const { clock, hub, connection } = setUp();
    for (let i = 0; i < 1000; i += 1) {
      new WebSocketConnection({ hub, socket: new FakeSocket(), request, callbacks: {} });
    }
    await clock.advance(100_000);
    expect(clock.pendingTimers).toBeLessThanOrEqual(2);
    connection.closed(1006);
    hub.clear();
    expect(clock.pendingTimers).toBe(0);
  });
});

describe("a ping of the application", () => {
  it("finds an agent that answers it", async () => {
    const { connection, socket } = setUp();
    const pings = [connection.ping(), connection.ping({ timeoutMs: 1 })];
    connection.ponged();
    expect(await Promise.all(pings)).toEqual([true, true]);
    expect(socket.calls).toEqual(["ping", "ping"]);
  });

  it("has its own time, whoever else waits", async () => {
    const { clock, connection } = setUp();
    const pings = [connection.ping({ timeoutMs: 5000 }), connection.ping({ timeoutMs: 1 })];
    await clock.advance(1);
    expect(await pings[1]).toBe(false);
    connection.ponged();
    expect(await pings[0]).toBe(true);
  });

  it("finds nobody when the time is over or the connection ends, and leaves no timer", async () => {
    const { clock, connection, hub } = setUp();
    const silent = connection.ping({ timeoutMs: 5000 });
    connection.received(frame({ agentDisconnect: {} }), true);
    await clock.advance(5000);
    expect(await silent).toBe(false);
    const ended = connection.ping();
    connection.closed(1006);
    expect(await ended).toBe(false);
    expect(await connection.ping()).toBe(false);
    hub.clear();
    expect(clock.pendingTimers).toBe(0);
  });
});

describe("a slow reader", () => {
  it("is dropped with 1013 when a message is not written in time, and what waits rejects [L-30]", async () => {
    const set = setUp();
    await hearAgent(set);
    const sends = [1n, 2n, 3n].map((flags) => codeOf(set.connection.send({ flags })));
    await set.clock.advance(29_999);
    expect(set.socket.calls).toEqual([]);
    await set.clock.advance(1);
    expect(await Promise.all(sends)).toEqual(["queue-full", "queue-full", "queue-full"]);
    expect(set.socket.calls).toContain("close 1013");
  });

  it("shows in the statistics: what waits for it, and that it was cut", async () => {
    const set = setUp();
    await hearAgent(set);
    const sends = [1n, 2n, 3n].map((flags) => codeOf(set.connection.send({ flags })));
    const waiting = { agents: 0, messagesPending: 0, messagesQueued: 0, bytesQueued: 0 };
    set.connection.addTo(waiting);
    // The uid and the flags.
    const bytesQueued = 3 * (18 + 2);
    expect(waiting).toEqual({ agents: 1, messagesPending: 0, messagesQueued: 3, bytesQueued });
    await set.clock.advance(30_000);
    await Promise.all(sends);
    set.connection.closed(1006);
    await set.clock.settle();
    const { counts } = set.hub.observer;
    expect(counts).toMatchObject({ open: 0, messagesSent: 1, messagesUnsent: 3 });
    expect(counts.closed).toMatchObject({ "slow-reader": 1, network: 0 });
  });

  it("is not dropped while it reads, however slowly the queue empties [L-30]", async () => {
    const set = setUp();
    await hearAgent(set);
    const sends = [1n, 2n, 3n].map((flags) => codeOf(set.connection.send({ flags })));
    for (const _ of sends) {
      await set.clock.advance(20_000);
      set.connection.ponged();
      set.socket.writes.shift()?.();
    }
    expect(await Promise.all(sends)).toEqual(["written", "written", "written"]);
  });

  it("has a queue bounded in messages: one more rejects and costs no others [L-30]", async () => {
    const set = setUp({}, { limits: { maxQueuedMessages: 2 } });
    await hearAgent(set);
    const sends = [1n, 2n, 3n, 4n].map((flags) => codeOf(set.connection.send({ flags })));
    expect(await sends[3]).toBe("queue-full");
    for (let i = 0; i < 3; i += 1) {
      await eventually(() => expect(set.socket.writes).toHaveLength(1));
      set.socket.writes.shift()?.();
    }
    expect(await Promise.all(sends)).toEqual(["written", "written", "written", "queue-full"]);
  });

  it("has a queue bounded in bytes [L-30]", async () => {
    const set = setUp({}, { limits: { maxQueuedBytes: 1000 } });
    await hearAgent(set);
    const body = { remoteConfig: { configHash: new Uint8Array(600) } };
    const sends = [1, 2, 3].map(() => codeOf(set.connection.send(body)));
    expect(await sends[2]).toBe("queue-full");
    set.socket.writes.shift()?.();
    expect(await sends[0]).toBe("written");
  });
});

describe("reading", () => {
  it("pauses while as many messages wait as may, and goes on when they are taken", async () => {
    const gate = Promise.withResolvers<void>();
    const set = setUp({ onMessage: () => gate.promise }, { limits: { maxPendingMessages: 3 } });
    await set.clock.settle();
    for (let i = 0; i < 3; i += 1) set.connection.received(frame(), true);
    expect(set.socket.calls).toEqual([]);
    set.connection.received(frame(), true);
    expect(set.socket.calls).toEqual(["pause"]);
    gate.resolve();
    for (let i = 0; i < 4; i += 1) {
      await set.clock.settle();
      set.socket.writes.shift()?.();
    }
    await set.clock.settle();
    expect(set.socket.calls).toEqual(["pause", "resume"]);
  });

  it("that pauses does not make the agent look dead [L-07]", async () => {
    const never = new Promise<void>(() => undefined);
    const set = setUp({ onMessage: () => never }, { limits: { maxPendingMessages: 1 } });
    await set.clock.advance(29_999);
    for (let i = 0; i < 3; i += 1) set.connection.received(frame(), true);
    await set.clock.advance(120_000);
    expect(set.socket.calls).toEqual(["pause"]);
  });
});

describe("a goodbye", () => {
  it("whose answer cannot be written is no error, and the agent ended the connection [S-140 A-19]", async () => {
    const errors: OpAMPError[] = [];
    const reasons: CloseReason[] = [];
    const set = setUp({
      onMessageResponseError: (_, __, error) => errors.push(error),
      onConnectionClosed: (_, reason) => reasons.push(reason),
    });
    set.connection.received(frame({ agentDisconnect: {} }), true);
    await set.clock.settle();
    set.socket.writes.shift()?.(new Error("EPIPE"));
    set.connection.closed(1006);
    await set.clock.settle();
    expect(errors).toEqual([]);
    expect(reasons).toEqual([{ by: "agent", code: 1006, agentDisconnect: true }]);
  });

  it("counts also when the connection ends while the application takes it [S-140]", async () => {
    const gate = Promise.withResolvers<void>();
    const reasons: CloseReason[] = [];
    const set = setUp({
      onMessage: () => gate.promise,
      onConnectionClosed: (_, reason) => reasons.push(reason),
    });
    set.connection.received(frame({ agentDisconnect: {} }), true);
    await set.clock.settle();
    set.connection.closed(1006);
    gate.resolve();
    await set.clock.settle();
    expect(reasons).toEqual([{ by: "agent", code: 1006, agentDisconnect: true }]);
  });

  it("of one of two agents leaves the connection to the other [S-137]", async () => {
    const set = setUp();
    await hearAgent(set);
    const other = createInstanceUid();
    set.connection.received(frame({ instanceUid: bytesFromInstanceUid(other) }), true);
    await set.clock.settle();
    set.socket.writes.shift()?.();
    set.connection.received(frame({ agentDisconnect: {} }), true);
    await set.clock.settle();
    expect(set.connection.instanceUids).toEqual([other]);
  });
});

it("calls nothing for a connection after its end, and everything received before it", async () => {
  const log: string[] = [];
  const set = setUp({
    onMessage: (_, { sequenceNum }) => void log.push(`message ${sequenceNum}`),
    onMessageResponseError: () => log.push("unsent"),
    onConnectionClosed: () => log.push("closed"),
  });
  set.connection.received(frame({ sequenceNum: 1n }), true);
  set.connection.closed(1006);
  set.connection.received(frame({ sequenceNum: 2n }), true);
  set.connection.closed(1006);
  await set.clock.settle();
  expect(log).toEqual(["message 1", "unsent", "closed"]);
});

import {
  bytesFromInstanceUid,
  createInstanceUid,
  encodeAgentToServer,
  encodeFrame,
  OpAMPError,
  ServerErrorResponseType,
} from "@opamp/protocol";
import type { CloseReason, Connection } from "@opamp/server";
import { describe, expect, it } from "vitest";
import { connectAgent } from "./_util/raw-agent.ts";
import { createRecordingLogger } from "./_util/recording-logger.ts";
import { startServer } from "./_util/test-server.ts";

describe("a WebSocket connection", () => {
  it("answers each message with its uid in a frame with header 0 [S-24 S-34 W-09 L-27]", async () => {
    await using running = await startServer({
      callbacks: { onMessage: (_, { sequenceNum }) => ({ flags: sequenceNum }) },
    });
    await using agent = await connectAgent(running.wsUrl);
    for (const sequenceNum of [1n, 2n, 3n]) agent.say({ sequenceNum });
    for (const flags of [1n, 2n, 3n]) {
      expect(await agent.next()).toMatchObject({ flags, instanceUid: Buffer.from(agent.uidBytes) });
    }
    expect(agent.frames.map((frame) => frame[0])).toEqual([0, 0, 0]);
  });

  it("acknowledges when the callback says nothing, with the uid only from the second answer on [S-35 S-37 S-47 S-53]", async () => {
    await using running = await startServer();
    await using agent = await connectAgent(running.wsUrl);
    await agent.ask();
    await agent.ask({ sequenceNum: 1n });
    expect([...(agent.frames[1] ?? [])]).toEqual([0, 0x0a, 16, ...agent.uidBytes]);
  });

  it("announces capabilities and custom capabilities in the first answer only [S-45 S-46 W-50 W-51]", async () => {
    await using running = await startServer({
      capabilities: ["OffersRemoteConfig"],
      customCapabilities: ["io.example.chat"],
    });
    await using agent = await connectAgent(running.wsUrl);
    expect(await agent.ask()).toMatchObject({
      capabilities: 3n,
      customCapabilities: { capabilities: ["io.example.chat"] },
    });
    const second = await agent.ask();
    expect(second.capabilities).toBe(0n);
    expect(second.customCapabilities).toBeUndefined();
  });

  it("keeps a first answer for each of several agents on it [S-46 S-159 W-23 W-71]", async () => {
    const seen: Connection[] = [];
    await using running = await startServer({
      callbacks: { onMessage: (connection) => void seen.push(connection) },
    });
    await using agent = await connectAgent(running.wsUrl);
    const other = createInstanceUid();
    const instanceUid = bytesFromInstanceUid(other);
    expect((await agent.ask()).capabilities).toBe(1n);
    expect((await agent.ask({ instanceUid })).capabilities).toBe(1n);
    expect((await agent.ask()).capabilities).toBe(0n);
    const last = await agent.ask({ instanceUid });
    expect(last).toMatchObject({ capabilities: 0n, instanceUid: Buffer.from(instanceUid) });
    expect(new Set(seen).size).toBe(1);
    expect(seen[0]?.instanceUids).toEqual([agent.uid, other]);
  });

  it("sends an error alone, and the capabilities with the next answer [S-120 S-150 A-10]", async () => {
    const { Unavailable } = ServerErrorResponseType;
    const answers = [{ flags: 1n, errorResponse: { type: Unavailable } }, {}];
    await using running = await startServer({ callbacks: { onMessage: () => answers.shift() } });
    await using agent = await connectAgent(running.wsUrl);
    const error = await agent.ask();
    expect(error.errorResponse?.type).toBe(Unavailable);
    expect(error).toMatchObject({ flags: 0n, capabilities: 0n });
    expect((await agent.ask()).capabilities).toBe(1n);
  });

  it("sends a command with the uid and the capabilities only, and logs what it left out [S-116 S-151]", async () => {
    const logger = createRecordingLogger();
    await using running = await startServer({
      logger,
      customCapabilities: ["io.example.chat"],
      callbacks: { onMessage: () => ({ command: {}, flags: 1n, packagesAvailable: {} }) },
    });
    await using agent = await connectAgent(running.wsUrl);
    const answer = await agent.ask();
    expect(answer.command).toBeDefined();
    expect(answer).toMatchObject({ capabilities: 1n, flags: 0n });
    expect(answer.packagesAvailable).toBeUndefined();
    expect(answer.customCapabilities).toBeUndefined();
    expect(logger.lines.join()).toContain("not sent: flags, packagesAvailable");
  });

  it("refuses an answer that names another agent, and says so to the application [S-155]", async () => {
    const errors: OpAMPError[] = [];
    await using running = await startServer({
      callbacks: {
        onMessage: () => ({ instanceUid: new Uint8Array(16).fill(7), flags: 1n }),
        onMessageResponseError: (_, __, error) => errors.push(error),
      },
    });
    await using agent = await connectAgent(running.wsUrl);
    const answer = await agent.ask();
    expect(answer.instanceUid).toEqual(Buffer.from(agent.uidBytes));
    expect(answer.errorResponse?.type).toBe(ServerErrorResponseType.Unknown);
    expect(errors.map(({ code }) => code)).toEqual(["invalid-argument"]);
  });

  it.each([
    ["throws", () => Promise.reject(new Error("password=hunter2"))],
    ["returns what is no message", () => "nonsense" as never],
    ["returns a field of the wrong type", () => ({ flags: "x" as never })],
    [
      "returns a misspelt field",
      () => ({ remoteConfig: { confgHash: new Uint8Array(1) } as object }),
    ],
  ])(
    "answers Unknown without detail when the callback %s, and goes on [S-36 S-125 L-07]",
    async (_, onMessage) => {
      await using running = await startServer({ callbacks: { onMessage } });
      await using agent = await connectAgent(running.wsUrl);
      for (const sequenceNum of [1n, 2n]) {
        const { errorResponse } = await agent.ask({ sequenceNum });
        expect(errorResponse?.type).toBe(ServerErrorResponseType.Unknown);
        expect(errorResponse?.errorMessage).toBe("the server failed to process the message");
      }
    },
  );

  it("answers each copy of a repeated message [S-128 S-32]", async () => {
    await using running = await startServer();
    await using agent = await connectAgent(running.wsUrl);
    const frame = encodeFrame(
      encodeAgentToServer({ instanceUid: agent.uidBytes, sequenceNum: 5n }),
    );
    agent.sendBytes(frame);
    agent.sendBytes(frame);
    await agent.next();
    expect((await agent.next()).instanceUid).toEqual(Buffer.from(agent.uidBytes));
  });

  it("is not held up by callbacks that throw when they are told something [L-07]", async () => {
    const logger = createRecordingLogger();
    const ended = Promise.withResolvers<void>();
    const failing = (then?: () => void) => (): never => {
      then?.();
      throw new Error("the application fails");
    };
    await using running = await startServer({
      logger,
      callbacks: {
        onConnected: failing(),
        onReadMessageError: failing(),
        onMessageResponseError: failing(),
        onConnectionClosed: failing(ended.resolve),
        onMessage: () => ({ instanceUid: new Uint8Array(16).fill(1) }),
      },
    });
    await using agent = await connectAgent(running.wsUrl);
    expect((await agent.ask()).errorResponse).toBeDefined();
    agent.sendBytes(Uint8Array.of(1));
    expect((await agent.next()).errorResponse).toBeDefined();
    expect((await agent.ask()).instanceUid).toEqual(Buffer.from(agent.uidBytes));
    agent.webSocket.close();
    await ended.promise;
    expect(running.server.connections.size).toBe(0);
    for (const name of ["onConnected", "onReadMessageError", "onMessageResponseError"]) {
      expect(logger.lines.join("\n")).toContain(`error ${name} failed`);
    }
  });

  it("does not delay other connections while a callback hangs on one [L-07]", async () => {
    const hanging = Promise.withResolvers<void>();
    await using running = await startServer({
      callbacks: { onMessage: (_, { flags }) => (flags === 1n ? hanging.promise : undefined) },
    });
    await using stuck = await connectAgent(running.wsUrl);
    await using other = await connectAgent(running.wsUrl);
    stuck.say({ flags: 1n });
    expect((await other.ask()).instanceUid).toEqual(Buffer.from(other.uidBytes));
    hanging.resolve();
    await stuck.next();
  });

  it("calls back in order and one at a time, though the callback is slow", async () => {
    const log: string[] = [];
    await using running = await startServer({
      limits: { maxPendingMessages: 2 },
      callbacks: {
        onConnected: async () => {
          await new Promise((resolve) => setImmediate(resolve));
          log.push("connected");
        },
        onMessage: async (_, { sequenceNum }) => {
          log.push(`start ${sequenceNum}`);
          await new Promise((resolve) => setImmediate(resolve));
          log.push(`end ${sequenceNum}`);
        },
      },
    });
    await using agent = await connectAgent(running.wsUrl);
    const numbers = Array.from({ length: 20 }, (_, i) => BigInt(i));
    for (const sequenceNum of numbers) agent.say({ sequenceNum });
    for (const _ of numbers) await agent.next();
    expect(log).toEqual(["connected", ...numbers.flatMap((n) => [`start ${n}`, `end ${n}`])]);
  });
});

describe("the end of a WebSocket connection", () => {
  const startRecording = async () => {
    const reasons: CloseReason[] = [];
    const connections: Connection[] = [];
    const ended = Promise.withResolvers<CloseReason>();
    const running = await startServer({
      callbacks: {
        onConnected: (connection) => void connections.push(connection),
        onConnectionClosed: (connection, reason) => {
          connections.push(connection);
          reasons.push(reason);
          ended.resolve(reason);
        },
      },
    });
    return Object.assign(running, { reasons, connections, ended: ended.promise });
  };

  it("is told with the same connection when the agent closes", async () => {
    await using running = await startRecording();
    await using agent = await connectAgent(running.wsUrl);
    agent.webSocket.close(1000);
    expect(await running.ended).toEqual({ by: "agent", code: 1000, agentDisconnect: false });
    expect(running.connections[0]).toBe(running.connections[1]);
    expect(running.server.connections.size).toBe(0);
  });

  it("is put down to the network when the agent vanishes [S-138]", async () => {
    await using running = await startRecording();
    await using agent = await connectAgent(running.wsUrl);
    await agent.ask();
    const [connection] = running.server.connections;
    agent.webSocket.terminate();
    expect(await running.ended).toEqual({ by: "network", code: 1006 });
    expect(running.server.connections.size).toBe(0);
    await expect(connection?.send({ flags: 1n })).rejects.toMatchObject({
      code: "connection-lost",
    });
  });

  it("answers a goodbye, and forgets the agent for pushes [A-19 S-34 S-137]", async () => {
    await using running = await startRecording();
    await using agent = await connectAgent(running.wsUrl);
    const answer = await agent.ask({ agentDisconnect: {} });
    expect(answer.instanceUid).toEqual(Buffer.from(agent.uidBytes));
    const [connection] = running.server.connections;
    expect(connection?.instanceUids).toEqual([]);
    await expect(
      connection?.send({ instanceUid: agent.uidBytes, flags: 1n }),
    ).rejects.toMatchObject({ code: "invalid-argument" });
    agent.webSocket.close(1000);
    expect(await running.ended).toEqual({ by: "agent", code: 1000, agentDisconnect: true });
  });

  it("happens with a close frame when the server disconnects, and resolves when closed [S-134]", async () => {
    await using running = await startRecording();
    await using agent = await connectAgent(running.wsUrl);
    await agent.ask();
    await running.connections[0]?.disconnect(1008, "enough");
    expect(await agent.closed).toEqual({ code: 1008, reason: "enough" });
    expect(await running.ended).toEqual({ by: "server", code: 1008 });
    await expect(running.connections[0]?.send({})).rejects.toMatchObject({
      code: "connection-lost",
    });
  });

  it.each([
    [1005, ""],
    [999, ""],
    [1000, "x".repeat(124)],
  ])("is refused with a close frame that cannot be: %i", async (code, reason) => {
    await using running = await startRecording();
    await using agent = await connectAgent(running.wsUrl);
    await agent.ask();
    const disconnecting = running.connections[0]?.disconnect(code, reason);
    await expect(disconnecting).rejects.toThrow(OpAMPError);
    expect((await agent.ask()).instanceUid).toBeDefined();
  });

  it("tells the application when a disconnect in onMessage took the answer with it [S-08]", async () => {
    const errors: string[] = [];
    const ended = Promise.withResolvers<void>();
    await using running = await startServer({
      callbacks: {
        onMessage: (connection) => connection.disconnect().then(() => ({ flags: 1n })),
        onMessageResponseError: (_, response, error) =>
          errors.push(`${response.flags} ${error.code}`),
        onConnectionClosed: () => ended.resolve(),
      },
    });
    await using agent = await connectAgent(running.wsUrl);
    agent.say();
    await ended.promise;
    expect(errors).toEqual(["1 connection-lost"]);
    expect(agent.frames).toEqual([]);
  });
});

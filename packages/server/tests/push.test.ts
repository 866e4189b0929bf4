import { bytesFromInstanceUid, createInstanceUid, ServerErrorResponseType } from "@opamp/protocol";
import type { CloseReason, Connection } from "@opamp/server";
import { describe, expect, it } from "vitest";
import { connectAgent, type RawAgent } from "./_util/raw-agent.ts";
import { startServer, type TestServer } from "./_util/test-server.ts";

function onlyConnection({ server }: TestServer): Connection {
  const [connection] = server.connections;
  if (connection === undefined) throw new Error("nobody is connected");
  return connection;
}

describe("a push", () => {
  it("reaches an idle agent with its uid, several in a row in order [S-60 W-05 W-06]", async () => {
    await using running = await startServer();
    await using agent = await connectAgent(running.wsUrl);
    await agent.ask();
    const connection = onlyConnection(running);
    await Promise.all([1n, 2n, 3n].map((flags) => connection.send({ flags })));
    for (const flags of [1n, 2n, 3n]) {
      expect(await agent.next()).toMatchObject({ flags, instanceUid: Buffer.from(agent.uidBytes) });
    }
  });

  it("ahead of the first answer carries the capabilities, and the answer does not [S-46]", async () => {
    await using running = await startServer({
      callbacks: { onMessage: (connection) => connection.send({ flags: 1n }) },
    });
    await using agent = await connectAgent(running.wsUrl);
    expect(await agent.ask()).toMatchObject({ flags: 1n, capabilities: 1n });
    expect(await agent.next()).toMatchObject({ flags: 0n, capabilities: 0n });
  });

  it("may be one of many at once, from several agents' callbacks", async () => {
    await using running = await startServer();
    const agents = await Promise.all([1, 2].map(() => connectAgent(running.wsUrl)));
    for (const agent of agents) await agent.ask();
    const sends = [...running.server.connections].flatMap((connection) =>
      Array.from({ length: 50 }, (_, i) => connection.send({ flags: BigInt(i) })),
    );
    await Promise.all(sends);
    for (const agent of agents) {
      const flags: bigint[] = [];
      for (let i = 0; i < 50; i += 1) flags.push((await agent.next()).flags);
      expect(flags).toEqual(Array.from({ length: 50 }, (_, i) => BigInt(i)));
      await agent[Symbol.asyncDispose]();
    }
  });

  it("needs a uid where several agents share the connection, and goes to no stranger [S-155 W-71]", async () => {
    await using running = await startServer();
    await using agent = await connectAgent(running.wsUrl);
    await agent.ask();
    const other = bytesFromInstanceUid(createInstanceUid());
    await agent.ask({ instanceUid: other });
    const connection = onlyConnection(running);
    await expect(connection.send({ flags: 1n })).rejects.toMatchObject({
      code: "invalid-argument",
    });
    const stranger = bytesFromInstanceUid(createInstanceUid());
    await expect(connection.send({ instanceUid: stranger })).rejects.toMatchObject({
      code: "invalid-argument",
    });
    await connection.send({ instanceUid: other, flags: 1n });
    expect((await agent.next()).instanceUid).toEqual(Buffer.from(other));
  });

  it("rejects before an agent was heard", async () => {
    const codes: unknown[] = [];
    const tried = Promise.withResolvers<void>();
    await using running = await startServer({
      callbacks: {
        onConnected: (connection) =>
          connection.send({}).catch((error: { code: unknown }) => {
            codes.push(error.code);
            tried.resolve();
          }),
      },
    });
    await using _ = await connectAgent(running.wsUrl);
    await tried.promise;
    expect(codes).toEqual(["invalid-argument"]);
  });

  it("rejects when it is no message", async () => {
    await using running = await startServer();
    await using agent = await connectAgent(running.wsUrl);
    await agent.ask();
    const sending = onlyConnection(running).send({ flags: "x" as never });
    await expect(sending).rejects.toMatchObject({ code: "invalid-argument" });
  });

  it("rejects when it is a BAD_REQUEST that answers nothing; an UNAVAILABLE goes out [S-124]", async () => {
    await using running = await startServer();
    await using agent = await connectAgent(running.wsUrl);
    await agent.ask();
    const connection = onlyConnection(running);
    const refusal = { errorResponse: { type: ServerErrorResponseType.BadRequest } };
    await expect(connection.send(refusal)).rejects.toMatchObject({ code: "invalid-argument" });
    await connection.send({ errorResponse: { type: ServerErrorResponseType.Unavailable } });
    expect((await agent.next()).errorResponse?.type).toBe(ServerErrorResponseType.Unavailable);
    expect(agent.frames).toHaveLength(2);
  });
});

it("drops an agent that does not read with 1013, at no cost to others [L-30]", async () => {
  const ended = Promise.withResolvers<CloseReason>();
  await using running = await startServer({
    limits: { maxQueuedMessages: 8 },
    timeouts: { writeMs: 100, closeMs: 100 },
    callbacks: { onConnectionClosed: (_, reason) => ended.resolve(reason) },
  });
  await using slow = await connectAgent(running.wsUrl);
  await slow.ask();
  const connection = onlyConnection(running);
  await using other = await connectAgent(running.wsUrl);
  slow.webSocket.pause();
  const push = { remoteConfig: { configHash: new Uint8Array(4 << 20) } };
  const sent = Promise.allSettled(Array.from({ length: 40 }, () => connection.send(push)));
  expect((await other.ask()).errorResponse).toBeUndefined();
  expect(await ended.promise).toEqual({ by: "server", code: 1013 });
  const results = await sent;
  const reasons = results.flatMap((result) =>
    result.status === "rejected" ? [result.reason] : [],
  );
  expect(reasons.length).toBeGreaterThanOrEqual(31);
  expect(new Set(reasons.map(({ code }) => code))).toEqual(new Set(["queue-full"]));
  expect((await other.ask()).errorResponse).toBeUndefined();
});

describe("a new uid", () => {
  const renaming = (newUid: Uint8Array) => ({
    callbacks: {
      onMessage: (_: Connection, { flags }: { flags: bigint }) =>
        flags === 1n ? { agentIdentification: { newInstanceUid: newUid } } : undefined,
    },
  });

  it("replaces the old one on the connection once the agent uses it, in either direction [S-22 S-24]", async () => {
    const uid = createInstanceUid();
    const newUid = bytesFromInstanceUid(uid);
    await using running = await startServer(renaming(newUid));
    await using agent = await connectAgent(running.wsUrl);
    const answer = await agent.ask({ flags: 1n });
    expect(answer.instanceUid).toEqual(Buffer.from(agent.uidBytes));
    expect([...(answer.agentIdentification?.newInstanceUid ?? [])]).toEqual([...newUid]);
    const connection = onlyConnection(running);
    await connection.send({ instanceUid: newUid, flags: 4n });
    expect((await agent.next()).instanceUid).toEqual(Buffer.from(newUid));
    expect((await agent.ask({ instanceUid: newUid })).instanceUid).toEqual(Buffer.from(newUid));
    expect(connection.instanceUids).toEqual([uid]);
  });

  it("that is not 16 bytes is not sent [S-22]", async () => {
    await using running = await startServer(renaming(new Uint8Array(8)));
    await using agent = await connectAgent(running.wsUrl);
    const answer = await agent.ask({ flags: 1n });
    expect(answer.agentIdentification).toBeUndefined();
    expect(answer.errorResponse).toBeDefined();
  });
});

describe("compression", () => {
  const body = new TextEncoder().encode("receivers: [otlp]\n".repeat(5000));
  const offer = { remoteConfig: { config: { configMap: { "": { body } } } } };

  const bytesRead = async (agent: RawAgent): Promise<number> => {
    const answer = await agent.ask();
    expect(Buffer.from(answer.remoteConfig?.config?.configMap[""]?.body ?? [])).toEqual(
      Buffer.from(body),
    );
    return (agent.webSocket as unknown as { _socket: { bytesRead: number } })._socket.bytesRead;
  };

  it("makes large messages small where the agent takes it, without a window between them [W-22]", async () => {
    await using running = await startServer({ callbacks: { onMessage: () => offer } });
    await using plain = await connectAgent(running.wsUrl);
    await using packed = await connectAgent(running.wsUrl, { perMessageDeflate: true });
    expect(await bytesRead(plain)).toBeGreaterThan(body.length);
    expect(await bytesRead(packed)).toBeLessThan(5000);
    expect(packed.webSocket.extensions).toBe("permessage-deflate");
    expect(packed.frames[0]?.[0]).toBe(0);
  });

  it("is not agreed on when the server is told not to", async () => {
    await using running = await startServer({
      compression: false,
      callbacks: { onMessage: () => offer },
    });
    await using agent = await connectAgent(running.wsUrl, { perMessageDeflate: true });
    expect(agent.webSocket.extensions).toBe("");
    expect(await bytesRead(agent)).toBeGreaterThan(body.length);
  });

  it("is understood in messages of agents", async () => {
    let received = 0;
    await using running = await startServer({
      callbacks: {
        onMessage(_, { effectiveConfig }) {
          received = effectiveConfig?.configMap?.configMap[""]?.body.length ?? 0;
        },
      },
    });
    await using agent = await connectAgent(running.wsUrl, { perMessageDeflate: true });
    await agent.ask({ effectiveConfig: { configMap: { configMap: { "": { body } } } } });
    expect(received).toBe(body.length);
  });
});

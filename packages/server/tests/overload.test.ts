import {
  bytesFromInstanceUid,
  createInstanceUid,
  decodeFrame,
  encodeAgentToServer,
  instanceUidFromBytes,
  type ServerErrorResponse,
  ServerErrorResponseType,
  ServerToAgentFlags,
} from "@opamp/protocol";
import { accept, createAgentTracker, type ServerSettings } from "@opamp/server";
import { createFakeClock, createSeededRandom, eventually } from "@opamp/test-kit";
import { describe, expect, it } from "vitest";
import { pollMessage, post, type RawResponse, send } from "./_util/http-agent.ts";
import { description } from "./_util/life.ts";
import { connectAgent, refusalOf } from "./_util/raw-agent.ts";
import { createRecordingLogger } from "./_util/recording-logger.ts";
import { startServer } from "./_util/test-server.ts";

/** Time stands still, and chance is always the middle. */
function overloaded(overload: NonNullable<ServerSettings["overload"]>): {
  readonly clock: ReturnType<typeof createFakeClock>;
  readonly settings: ServerSettings;
} {
  const clock = createFakeClock();
  return { clock, settings: { clock, random: () => 0.5, overload } };
}

function expectRefusal(response: RawResponse, status: number, text: string): void {
  expect(response.status).toBe(status);
  expect(response.headers["retry-after"]).toBe("45");
  expect(response.headers["content-type"]).toContain("text/plain");
  expect(response.body.toString()).toContain(text);
}

function expectUnavailable(response: ServerErrorResponse | undefined, text: string): void {
  expect(response?.type).toBe(ServerErrorResponseType.Unavailable);
  expect(response?.errorMessage).toContain(text);
  expect(response?.Details.case).toBe("retryInfo");
  expect(response?.Details.value?.retryAfterNanoseconds).toBe(45_000_000_000n);
}

describe("a server with as many connections as it takes", () => {
  const full = "as many connections as it takes";

  it("refuses both transports with 503, unasked, and takes the next one when one has gone [S-132 L-27]", async () => {
    let asked = 0;
    const onConnecting = () => {
      asked += 1;
      return accept();
    };
    const { settings } = overloaded({ maxConnections: 2 });
    await using running = await startServer({ ...settings, callbacks: { onConnecting } });
    await using one = await connectAgent(running.wsUrl);
    await using other = await connectAgent(running.wsUrl);
    expectRefusal(await refusalOf(running.wsUrl), 503, full);
    const response = await post(running.httpUrl, pollMessage().body);
    expectRefusal(response, 503, full);
    expect(response.headers.connection).toBe("close");
    expect(asked).toBe(2);
    expect((await one.ask()).errorResponse).toBeUndefined();
    other.webSocket.close();
    await eventually(() => expect(running.server.connections.size).toBe(1));
    expect((await post(running.httpUrl, pollMessage().body)).status).toBe(200);
    await using third = await connectAgent(running.wsUrl);
    await third.ask();
  });

  it("counts those that it is still deciding about [S-132]", async () => {
    const { settings } = overloaded({ maxConnections: 2 });
    const decision = Promise.withResolvers<void>();
    let asked = 0;
    const onConnecting = async () => {
      asked += 1;
      await decision.promise;
      return accept();
    };
    await using running = await startServer({ ...settings, callbacks: { onConnecting } });
    const connecting = connectAgent(running.wsUrl);
    const polling = post(running.httpUrl, pollMessage().body);
    await eventually(() => expect(asked).toBe(2));
    expectRefusal(await refusalOf(running.wsUrl), 503, full);
    decision.resolve();
    await using agent = await connecting;
    await agent.ask();
    expect((await polling).status).toBe(200);
  });
});

describe("a server to which agents connect too fast", () => {
  it("refuses handshakes with 503 until time has gone by, and still answers polls [S-132]", async () => {
    const { clock, settings } = overloaded({ handshakes: { perSecond: 10, burst: 2 } });
    await using running = await startServer(settings);
    for (let round = 0; round < 2; round += 1) {
      await using _one = await connectAgent(running.wsUrl);
      await using _other = await connectAgent(running.wsUrl);
      expectRefusal(await refusalOf(running.wsUrl), 503, "too many agents connect");
      expect((await post(running.httpUrl, pollMessage().body)).status).toBe(200);
      await clock.advance(200);
    }
  });
});

describe("a server that gets too many messages", () => {
  it("answers UNAVAILABLE with retry_info alone on a WebSocket, and tells the application nothing [S-24 S-34 S-130 S-131 S-133 W-66]", async () => {
    const { clock, settings } = overloaded({ messages: { perSecond: 1, burst: 2 } });
    const heard: bigint[] = [];
    await using running = await startServer({
      ...settings,
      callbacks: {
        onMessage(_, { sequenceNum }) {
          heard.push(sequenceNum);
          return { flags: 1n };
        },
      },
    });
    await using agent = await connectAgent(running.wsUrl);
    for (let i = 0n; i < 2n; i += 1n) {
      expect((await agent.ask({ sequenceNum: i })).errorResponse).toBeUndefined();
    }
    const { instanceUid, errorResponse, flags } = await agent.ask({ sequenceNum: 2n });
    expect(instanceUid).toEqual(Buffer.from(agent.uidBytes));
    expectUnavailable(errorResponse, "more messages than it takes");
    expect(flags).toBe(0n);
    expect(fieldNumbers(decodeFrame(agent.frames[2] ?? Buffer.alloc(0)))).toEqual([1, 2]);
    expect(heard).toEqual([0n, 1n]);
    await clock.advance(1000);
    expect((await agent.ask({ sequenceNum: 3n })).errorResponse).toBeUndefined();
  });

  it("answers 503 over HTTP, before it reads the body or asks who it is [S-132]", async () => {
    let asked = 0;
    const { settings } = overloaded({ messages: { perSecond: 1 } });
    await using running = await startServer({
      ...settings,
      callbacks: {
        onConnecting() {
          asked += 1;
          return accept();
        },
      },
    });
    expect((await post(running.httpUrl, pollMessage().body)).status).toBe(200);
    const headers = { "content-type": "application/x-protobuf", "content-length": "1000" };
    const unfinished = send(running.httpUrl, { method: "POST", headers, body: Buffer.of(1) });
    expectRefusal(await unfinished, 503, "more messages than it takes");
    expect(asked).toBe(1);
  });

  it("counts both transports together", async () => {
    const { settings } = overloaded({ messages: { perSecond: 2 } });
    await using running = await startServer(settings);
    await using agent = await connectAgent(running.wsUrl);
    await agent.ask();
    expect((await post(running.httpUrl, pollMessage().body)).status).toBe(200);
    expect((await post(running.httpUrl, pollMessage().body)).status).toBe(503);
    expectUnavailable((await agent.ask()).errorResponse, "more messages");
  });
});

describe("an agent that sends messages too fast", () => {
  const tooFast = "this agent sends messages too fast";

  it("is answered UNAVAILABLE on a WebSocket, and the others on it are not [S-24 S-130 S-131 W-71]", async () => {
    const { settings } = overloaded({ messagesPerAgent: { perSecond: 1, burst: 3 } });
    await using running = await startServer(settings);
    await using agent = await connectAgent(running.wsUrl);
    const other = bytesFromInstanceUid(createInstanceUid());
    for (let i = 0; i < 3; i += 1) expect((await agent.ask()).errorResponse).toBeUndefined();
    const { instanceUid, errorResponse } = await agent.ask();
    expect(instanceUid).toEqual(Buffer.from(agent.uidBytes));
    expectUnavailable(errorResponse, tooFast);
    expect((await agent.ask({ instanceUid: other })).errorResponse).toBeUndefined();
  });

  it("does not begin anew with a goodbye", async () => {
    const { settings } = overloaded({ messagesPerAgent: { perSecond: 1, burst: 3 } });
    await using running = await startServer(settings);
    await using agent = await connectAgent(running.wsUrl);
    for (let i = 0; i < 3; i += 1) {
      expect((await agent.ask({ agentDisconnect: {} })).errorResponse).toBeUndefined();
    }
    expectUnavailable((await agent.ask({ agentDisconnect: {} })).errorResponse, tooFast);
  });

  it("is closed with 1013 when it does not listen", async () => {
    const { settings } = overloaded({ messagesPerAgent: { perSecond: 1 } });
    await using running = await startServer(settings);
    await using agent = await connectAgent(running.wsUrl);
    for (let i = 0; i < 100; i += 1) agent.say();
    expect((await agent.closed).code).toBe(1013);
    expect(agent.frames.length).toBeLessThanOrEqual(21);
  });

  it.each([
    ["named by a header", true],
    ["named by its message", false],
  ])("is answered 429 over HTTP, whatever others do: %s [S-132]", async (_, isNamed) => {
    const { clock, settings } = overloaded({ messagesPerAgent: { perSecond: 1, burst: 2 } });
    let heard = 0;
    const onMessage = () => {
      heard += 1;
    };
    await using running = await startServer({ ...settings, callbacks: { onMessage } });
    const poll = (instanceUid = createInstanceUid()) =>
      post(
        running.httpUrl,
        encodeAgentToServer({ instanceUid: bytesFromInstanceUid(instanceUid) }),
        { headers: isNamed ? { "opamp-instance-uid": instanceUid } : {} },
      );
    const uid = createInstanceUid();
    expect([(await poll(uid)).status, (await poll(uid)).status]).toEqual([200, 200]);
    expectRefusal(await poll(uid), 429, tooFast);
    expect((await poll()).status).toBe(200);
    expect(heard).toBe(3);
    await clock.advance(1000);
    expect((await poll(uid)).status).toBe(200);
  });

  it("gains nothing by naming others in the header over HTTP [S-132]", async () => {
    const { settings } = overloaded({ messagesPerAgent: { perSecond: 1, burst: 2 } });
    await using running = await startServer(settings);
    const { body, uid } = pollMessage();
    const own = instanceUidFromBytes(uid);
    const poll = (name: string) =>
      post(running.httpUrl, body, { headers: { "opamp-instance-uid": name } });
    expect((await poll(own)).status).toBe(200);
    expect((await poll(createInstanceUid())).status).toBe(200);
    expectRefusal(await poll(createInstanceUid()), 429, tooFast);
    expectRefusal(await poll(own.toUpperCase()), 429, tooFast);
  });
});

it("gives the place of an agent that answers no ping to another [L-30]", async () => {
  const { clock, settings } = overloaded({ maxConnections: 1 });
  const timeouts = { pingIntervalMs: 30_000, pongMs: 10_000 };
  await using running = await startServer({ ...settings, timeouts });
  await using silent = await connectAgent(running.wsUrl);
  silent.webSocket.pause();
  expectRefusal(await refusalOf(running.wsUrl), 503, "as many connections");
  await clock.advance(40_000);
  await eventually(() => expect(running.server.connections.size).toBe(0));
  await using next = await connectAgent(running.wsUrl);
  await next.ask();
});

describe("the time to come back", () => {
  it("differs from answer to answer, in whole seconds within the range [S-132 S-131]", async () => {
    const random = createSeededRandom(1);
    const clock = createFakeClock();
    const overload = { messages: { perSecond: 1 }, retryAfter: { minMs: 10_000, maxMs: 20_000 } };
    await using running = await startServer({ clock, random, overload });
    await using agent = await connectAgent(running.wsUrl);
    await agent.ask();
    const seconds = new Set<string>();
    const nanoseconds = new Set<bigint | undefined>();
    for (let i = 0; i < 15; i += 1) {
      const { headers } = await post(running.httpUrl, pollMessage().body);
      seconds.add(String(headers["retry-after"]));
      nanoseconds.add((await agent.ask()).errorResponse?.Details.value?.retryAfterNanoseconds);
    }
    expect(seconds.size).toBeGreaterThan(3);
    for (const text of seconds) expect(text).toMatch(/^1[0-9]$|^20$/);
    expect(nanoseconds.size).toBe(15);
    for (const wait of nanoseconds) {
      expect(wait).toBeGreaterThanOrEqual(10_000_000_000n);
      expect(wait).toBeLessThanOrEqual(20_000_000_000n);
    }
  });
});

describe("a decision that is not made in time", () => {
  it("refuses the agent with 503 and frees its place, on both transports [S-132 L-07]", async () => {
    const clock = createFakeClock();
    let asked = 0;
    const onConnecting = () => {
      asked += 1;
      return new Promise<never>(() => undefined);
    };
    await using running = await startServer({
      clock,
      random: () => 0.5,
      timeouts: { connectingMs: 1000 },
      overload: { maxConnections: 2 },
      callbacks: { onConnecting },
    });
    for (let round = 1; round <= 2; round += 1) {
      const refused = refusalOf(running.wsUrl);
      const polled = post(running.httpUrl, pollMessage().body);
      await eventually(() => expect(asked).toBe(2 * round));
      await clock.advance(1000);
      expectRefusal(await refused, 503, "took too long to decide");
      expectRefusal(await polled, 503, "took too long to decide");
    }
  });
});

it("asks for full state when what it refused is not said again [S-26 S-27 S-28 S-130]", async () => {
  const { clock, settings } = overloaded({ messages: { perSecond: 1 } });
  const tracker = createAgentTracker({ clock });
  const { callbacks, capabilities } = tracker;
  await using running = await startServer({ ...settings, callbacks, capabilities });
  await using agent = await connectAgent(running.wsUrl);
  const described = { agentDescription: description, capabilities: 1n };
  expect((await agent.ask({ sequenceNum: 0n, ...described })).flags).toBe(0n);
  const refused = await agent.ask({ sequenceNum: 1n, capabilities: 1n, health: { healthy: true } });
  expectUnavailable(refused.errorResponse, "more messages");
  expect(tracker.agent(agent.uid)?.parts.health).toBeUndefined();
  await clock.advance(1000);
  const { flags } = await agent.ask({ sequenceNum: 2n, capabilities: 1n });
  expect(flags).toBe(ServerToAgentFlags.ReportFullState);
});

it("says in the log that agents are refused, and how many, but not for each", async () => {
  const logger = createRecordingLogger();
  const { clock, settings } = overloaded({ messages: { perSecond: 1 } });
  await using running = await startServer({ ...settings, logger });
  await using agent = await connectAgent(running.wsUrl);
  const warnings = () => logger.lines.filter((line) => line.startsWith("warn agents are refused"));
  await agent.ask();
  for (let i = 0; i < 10; i += 1) await agent.ask();
  expect(warnings()).toHaveLength(1);
  await clock.advance(10_000);
  await agent.ask();
  await agent.ask();
  expect(warnings()).toHaveLength(2);
  expect(warnings()[1]).toContain("message-rate 10");
});

it.each<[string, ServerSettings["overload"]]>([
  ["settings.overload.maxConnections", { maxConnections: 0 }],
  ["settings.overload.messages.perSecond", { messages: { perSecond: 0 } }],
  ["settings.overload.handshakes.burst", { handshakes: { perSecond: 1, burst: 0.5 } }],
  ["settings.overload.messages.perMinute", { messages: { perSecond: 1, perMinute: 1 } as never }],
  ["settings.overload.maxAgents", { maxAgents: 1 } as never],
  ["settings.overload.retryAfter.minMs", { retryAfter: { minMs: 2, maxMs: 1 } }],
])("refuses a limit that makes no sense by its name: %s", async (name, overload) => {
  await expect(startServer({ overload } as ServerSettings)).rejects.toMatchObject({
    code: "invalid-argument",
    message: expect.stringContaining(name),
  });
});

/** The numbers of the fields of a message, in order. */
function fieldNumbers(message: Uint8Array): number[] {
  const numbers: number[] = [];
  for (let at = 0; at < message.length; ) {
    numbers.push((message[at] ?? 0) >> 3);
    // Both fields that may come are length-delimited and short.
    at += 2 + (message[at + 1] ?? 0);
  }
  return numbers;
}

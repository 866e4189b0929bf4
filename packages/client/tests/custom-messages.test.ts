import { type CustomMessage, OpAMPError } from "@opamp/protocol";
import { describe, expect, it } from "vitest";
import {
  createScriptedClient,
  type ScriptedClient,
  type ScriptedClientOptions,
  startScriptedClient,
} from "./_util/scripted-client.ts";

const capability = "com.example.snapshots/v1";
const message = (type: string | number) => ({
  capability,
  type: `${type}`,
  data: new TextEncoder().encode(`data of ${type}`),
});

const typesIn = (messages: ScriptedClient["messages"]): readonly string[] =>
  messages.flatMap(({ customMessage }) =>
    customMessage === undefined ? [] : [customMessage.type],
  );

const rejection = (code: string): object => expect.objectContaining({ code });

describe("custom messages over WebSocket", () => {
  const start = (): Promise<ScriptedClient> =>
    startScriptedClient({
      customCapabilities: [capability],
      answer: () => ({ customCapabilities: { capabilities: [capability] } }),
    });

  it("have not arrived before the server is known to have them [C-206 L-09]", async () => {
    await using agent = await start();
    agent.session.withholdReceipts();
    let arrived = 0;
    const sent = [1, 2].map((i) =>
      agent.client.sendCustomMessage(message(i)).then(() => {
        arrived += 1;
      }),
    );
    await agent.clock.settle();
    expect(typesIn(agent.messages)).toEqual(["1", "2"]);
    expect(arrived).toBe(0);
    agent.session.confirm();
    await Promise.all(sent);
  });

  it("are sent again, in order, when the connection is lost before that [C-206 L-08]", async () => {
    await using agent = await start();
    agent.session.withholdReceipts();
    const sent = Promise.all([1, 2, 3].map((i) => agent.client.sendCustomMessage(message(i))));
    await agent.clock.settle();
    const said = await agent.during(async () => {
      agent.session.close();
      await agent.clock.advance(2000);
    });
    expect(typesIn(said)).toEqual(["1", "2", "3"]);
    await sent;
  });

  it("are not tried again on a session that cannot send, and has yet to end [L-08]", async () => {
    let broken = false;
    let tries = 0;
    await using agent = await startScriptedClient({
      customCapabilities: [capability],
      answer: () => ({ customCapabilities: { capabilities: [capability] } }),
      wrap: (transport) => ({
        ...transport,
        async connect(options) {
          const session = await transport.connect(options);
          return {
            async send(bytes) {
              tries += 1;
              if (broken) throw new OpAMPError("connection-lost", "broken pipe");
              await session.send(bytes);
            },
            received: () => session.received(),
            close: (code, signal) => session.close(code, signal),
          };
        },
      }),
    });
    broken = true;
    tries = 0;
    const sent = agent.client.sendCustomMessage(message("a"));
    await agent.clock.settle();
    expect(tries).toBe(1);
    broken = false;
    agent.session.close();
    await agent.clock.advance(2000);
    await sent;
  });
});

describe.each([false, true])("custom messages, polling: %s", (pollsForMessages) => {
  const withBoth: ScriptedClientOptions = {
    pollsForMessages,
    customCapabilities: [capability],
    answer: () => ({ customCapabilities: { capabilities: [capability] } }),
  };
  const start = (options: ScriptedClientOptions = {}): Promise<ScriptedClient> =>
    startScriptedClient({ ...withBoth, ...options });

  it("reach the server as they were given [C-42 W-50 W-58 W-60]", async () => {
    await using agent = await start();
    expect(agent.messages[0]?.customCapabilities?.capabilities).toEqual([capability]);
    const said = await agent.during(() => agent.client.sendCustomMessage(message("a")));
    expect(said).toHaveLength(1);
    expect(said[0]).toMatchObject({ sequenceNum: 1n, customMessage: message("a") });
    expect(said[0]?.customCapabilities).toBeUndefined();
    const [empty] = await agent.during(() => agent.client.sendCustomMessage({ capability }));
    expect(empty?.customMessage).toMatchObject({ type: "", data: new Uint8Array(0) });
  });

  it("leave ten in a row, in order, one to a message [C-206 L-09 W-61]", async () => {
    await using agent = await start();
    const numbers = Array.from({ length: 10 }, (_, i) => `${i}`);
    const said = await agent.during(() =>
      Promise.all(numbers.map((i) => agent.client.sendCustomMessage(message(i)))),
    );
    expect(typesIn(said)).toEqual(numbers);
    expect(said.map(({ sequenceNum }) => sequenceNum)).toEqual(numbers.map((i) => BigInt(i) + 1n));
  });

  it("are written when their promise resolves, one after another [L-09]", async () => {
    await using agent = await start();
    for (let i = 0; i < 10; i += 1) {
      await agent.client.sendCustomMessage(message(i));
      expect(typesIn(agent.messages)).toHaveLength(i + 1);
    }
  });

  it("fail when their capability is withdrawn before they leave [L-08 W-53]", async () => {
    await using agent = createScriptedClient(withBoth);
    const sent = agent.client.sendCustomMessage(message("a"));
    agent.client.setCustomCapabilities([]);
    await expect(sent).rejects.toEqual(rejection("capability-not-declared"));
  });

  it("have not resolved while the peer takes nothing [L-09]", async () => {
    await using agent = await start();
    agent.session.stall();
    let resolved = false;
    const sent = agent.client.sendCustomMessage(message("a")).then(() => {
      resolved = true;
    });
    await agent.clock.advance(1000);
    expect(resolved).toBe(false);
    agent.session.resume();
    await sent;
    expect(typesIn(agent.messages)).toEqual(["a"]);
  });

  it("wait until the server has spoken, also over several connections [C-206 L-08]", async () => {
    const agent = createScriptedClient(withBoth);
    await using _ = agent;
    agent.server.refuseNext(new OpAMPError("connect-failed", "nobody listens"));
    const both = ["a", "b"].map((type) => agent.client.sendCustomMessage(message(type)));
    await agent.client.start();
    await agent.clock.advance(10_000);
    await Promise.all(both);
    expect(agent.messages[0]?.customMessage).toBeUndefined();
    expect(typesIn(agent.messages)).toEqual(["a", "b"]);
  });

  it("are refused without the agent's capability [W-53 W-58]", async () => {
    await using agent = await start();
    for (const wrong of ["com.example.snapshots", "com.example.snapshots/v2", ""]) {
      const sent = agent.client.sendCustomMessage({ capability: wrong, type: "a" });
      await expect(sent).rejects.toThrow(rejection("capability-not-declared"));
    }
    for (const nothing of [undefined, null, {}]) {
      const sent = agent.client.sendCustomMessage(nothing as never);
      await expect(sent).rejects.toThrow(rejection("capability-not-declared"));
    }
    expect(typesIn(agent.messages)).toEqual([]);
  });

  it("may be sent as soon as the capability is set [W-50 W-51 W-55]", async () => {
    await using agent = await start({ customCapabilities: [] });
    const early = agent.client.sendCustomMessage(message("a"));
    await expect(early).rejects.toThrow(rejection("capability-not-declared"));
    const said = await agent.during(() => {
      agent.client.setCustomCapabilities([capability]);
      return agent.client.sendCustomMessage(message("b"));
    });
    expect(said).toHaveLength(1);
    expect(said[0]?.customCapabilities?.capabilities).toEqual([capability]);
    expect(typesIn(said)).toEqual(["b"]);
  });

  it("are refused once the server has spoken without the capability [C-66 L-24 W-52 W-53]", async () => {
    const agent = createScriptedClient({ ...withBoth, answer: () => ({}) });
    await using _ = agent;
    const early = agent.client.sendCustomMessage(message("early"));
    early.catch(() => {});
    await agent.client.start();
    await agent.clock.settle();
    await expect(early).rejects.toThrow(rejection("peer-lacks-capability"));
    const late = agent.client.sendCustomMessage(message("late"));
    await expect(late).rejects.toThrow(rejection("peer-lacks-capability"));
    await agent.tell({ customCapabilities: { capabilities: [capability, "com.example.b"] } });
    await agent.client.sendCustomMessage(message("fits"));
    await agent.tell({ customCapabilities: { capabilities: ["com.example.b"] } });
    const withdrawn = agent.client.sendCustomMessage(message("withdrawn"));
    await expect(withdrawn).rejects.toThrow(rejection("peer-lacks-capability"));
    expect(typesIn(agent.messages)).toEqual(["fits"]);
  });

  it("are sent again when the connection was lost while they were written [L-08]", async () => {
    await using agent = await start();
    agent.session.failNextSend(new OpAMPError("connection-lost", "broken pipe"));
    const sent = Promise.all(
      ["a", "b"].map((type) => agent.client.sendCustomMessage(message(type))),
    );
    await agent.clock.advance(10_000);
    await sent;
    expect(typesIn(agent.messages)).toEqual(["a", "b"]);
  });

  it("say when there are too many of them, or too many bytes [C-206 L-09]", async () => {
    const agent = createScriptedClient({ ...withBoth, limits: { maxQueuedMessages: 2 } });
    const waiting = ["a", "b"].map((type) => agent.client.sendCustomMessage(message(type)));
    for (const promise of waiting) promise.catch(() => {});
    const full = agent.client.sendCustomMessage(message("c"));
    await expect(full).rejects.toThrow(rejection("queue-full"));
    await expect(full).rejects.toThrow("maxQueuedMessages is 2");
    await agent.stop();
    const small = createScriptedClient({ ...withBoth, limits: { maxQueuedBytes: 50 } });
    const fat = small.client.sendCustomMessage({ capability, data: new Uint8Array(50) });
    await expect(fat).rejects.toThrow(rejection("queue-full"));
    await small.stop();
  });

  it("make room as they leave [L-09]", async () => {
    await using agent = await start({ limits: { maxQueuedMessages: 1 } });
    for (const type of ["a", "b", "c"]) await agent.client.sendCustomMessage(message(type));
    expect(typesIn(agent.messages)).toEqual(["a", "b", "c"]);
  });

  it("are withdrawn by their signal [C-206]", async () => {
    await using agent = await start();
    agent.session.stall();
    const first = agent.client.sendCustomMessage(message("first"));
    await agent.clock.settle();
    const abort = new AbortController();
    const withdrawn = agent.client.sendCustomMessage(message("withdrawn"), abort);
    const last = agent.client.sendCustomMessage(message("last"));
    abort.abort(new Error("not needed"));
    await expect(withdrawn).rejects.toThrow(rejection("aborted"));
    const late = agent.client.sendCustomMessage(message("late"), abort);
    await expect(late).rejects.toThrow(rejection("aborted"));
    agent.session.resume();
    await Promise.all([first, last]);
    expect(typesIn(agent.messages)).toEqual(["first", "last"]);
  });

  it("fail when the client stops before it could send them, and after [L-08]", async () => {
    const agent = createScriptedClient(withBoth);
    const waiting = agent.client.sendCustomMessage(message("a"));
    waiting.catch(() => {});
    await agent.stop();
    await expect(waiting).rejects.toThrow(rejection("stopped"));
    const late = agent.client.sendCustomMessage(message("b"));
    await expect(late).rejects.toThrow(rejection("stopped"));
  });

  it("fail alone when the server turns one down [C-217]", async () => {
    await using agent = await start({
      answer: ({ customMessage }) =>
        customMessage?.type === "bad"
          ? { capabilities: 0n, errorResponse: { type: 1, errorMessage: "no such type" } }
          : { customCapabilities: { capabilities: [capability] } },
    });
    const outcomes = await Promise.allSettled(
      ["bad", "good"].map((type) => agent.client.sendCustomMessage(message(type))),
    );
    // On WebSocket an error names no message: what was written counts as sent.
    const status = pollsForMessages ? "rejected" : "fulfilled";
    expect(outcomes).toMatchObject([{ status }, { status: "fulfilled" }]);
    expect(typesIn(agent.messages)).toEqual(["bad", "good"]);
  });

  it.each([
    ["a Uint8Array", Uint8Array],
    ["a Buffer", Buffer],
  ])("are taken as they are when they are given, as %s [C-206]", async (_, bytes) => {
    await using agent = createScriptedClient(withBoth);
    const mutable = { ...message("a"), data: bytes.from(message("a").data) };
    const sent = agent.client.sendCustomMessage(mutable);
    mutable.type = "changed";
    mutable.data.fill(0);
    await agent.client.start();
    await agent.clock.settle();
    await sent;
    expect(agent.messages.at(-1)?.customMessage).toMatchObject(message("a"));
  });

  it("reach the agent when it announced their capability, and are ignored when not [C-64 W-56 W-58 W-59]", async () => {
    const got: (CustomMessage | undefined)[] = [];
    await using agent = await start({
      customCapabilities: [capability, "com.example.b"],
      callbacks: {
        onMessage: ({ customMessage }) => {
          if (customMessage !== undefined) got.push(customMessage);
        },
      },
    });
    for (const to of [capability, "com.example.b", "com.example.c", "com.example.snapshots", ""]) {
      expect(await agent.tell({ customMessage: { ...message("x"), capability: to } })).toEqual([]);
    }
    expect(got).toMatchObject([message("x"), { ...message("x"), capability: "com.example.b" }]);
    expect(agent.errors).toEqual([]);
  });

  it("are echoed from within the callback", async () => {
    await using agent = await start({
      callbacks: {
        onMessage: async ({ customMessage }) => {
          if (customMessage !== undefined) await agent.client.sendCustomMessage(customMessage);
        },
      },
    });
    const said = await agent.tell({ customMessage: message("echo") });
    expect(said[0]?.customMessage).toMatchObject(message("echo"));
  });
});

describe.each([false, true])("custom capabilities, polling: %s", (pollsForMessages) => {
  it("are said once, when they change and on request [C-205 W-50 W-51 W-54]", async () => {
    await using agent = await startScriptedClient({
      pollsForMessages,
      customCapabilities: ["com.example.a", "com.example.b"],
    });
    const { client } = agent;
    expect(
      await agent.during(() => client.setCustomCapabilities(["com.example.a", "com.example.b"])),
    ).toEqual([]);
    const [fewer] = await agent.during(() => client.setCustomCapabilities(["com.example.b"]));
    expect(fewer?.customCapabilities?.capabilities).toEqual(["com.example.b"]);
    const [none] = await agent.during(() => client.setCustomCapabilities([]));
    expect(none?.customCapabilities).toMatchObject({ capabilities: [] });
    const [full] = await agent.tell({ flags: 1n });
    expect(full?.customCapabilities).toMatchObject({ capabilities: [] });
  });

  it("are names that can be matched [W-55]", async () => {
    const agent = createScriptedClient({ pollsForMessages });
    const invalid = rejection("invalid-argument");
    for (const wrong of ["", "snapshots", ".a", "a.", "com.example a", "com..a"]) {
      expect(() => agent.client.setCustomCapabilities([wrong])).toThrow(invalid);
      expect(() => createScriptedClient({ customCapabilities: [wrong] })).toThrow(invalid);
    }
    for (const nothing of [undefined, null, "com.example.a"]) {
      expect(() => agent.client.setCustomCapabilities(nothing as never)).toThrow(invalid);
    }
  });

  it("of the server may all be withdrawn by an empty list, not by none [W-52 W-54]", async () => {
    await using agent = await startScriptedClient({
      pollsForMessages,
      customCapabilities: ["com.example.a"],
    });
    const send = () => agent.client.sendCustomMessage({ capability: "com.example.a", type: "t" });
    await agent.tell({ customCapabilities: { capabilities: ["com.example.a"] } });
    await agent.tell({});
    expect(await agent.during(send)).toHaveLength(1);
    await agent.tell({ customCapabilities: {} });
    await expect(send()).rejects.toMatchObject({ code: "peer-lacks-capability" });
  });

  it("of the server reach the agent when they change [W-52]", async () => {
    const heard: unknown[] = [];
    await using agent = await startScriptedClient({
      pollsForMessages,
      callbacks: {
        onMessage: ({ customCapabilities }) => void heard.push(customCapabilities?.capabilities),
      },
    });
    for (const capabilities of [["com.example.a"], ["com.example.a"], ["com.example.b"], []]) {
      await agent.tell({ customCapabilities: { capabilities } });
    }
    expect(heard).toEqual([["com.example.a"], ["com.example.b"], []]);
  });
});

import {
  type AgentToServer,
  type ComponentDetailsInit,
  OpAMPError,
  type ServerErrorResponse,
  ServerErrorResponseType,
  ServerToAgentFlags,
} from "@opamp/protocol";
import { describe, expect, it } from "vitest";
import {
  type ScriptedClient,
  type ScriptedClientOptions,
  startScriptedClient,
} from "./_util/scripted-client.ts";

const { Unknown, BadRequest, Unavailable } = ServerErrorResponseType;
const { ReportFullState, ReportAvailableComponents } = ServerToAgentFlags;

/** Answers the next messages with an error each, without anything beside it. */
function errorsInTurn(...types: number[]): NonNullable<ScriptedClientOptions["answer"]> {
  return ({ sequenceNum }) => {
    const type = sequenceNum === 0n ? undefined : types.shift();
    if (type === undefined) return {};
    return { capabilities: 0n, errorResponse: { type, errorMessage: "cannot" } };
  };
}

describe.each([false, true])("error responses, polling: %s", (pollsForMessages) => {
  const heard: ServerErrorResponse[] = [];
  const start = (options: ScriptedClientOptions): Promise<ScriptedClient> => {
    heard.length = 0;
    return startScriptedClient({
      pollsForMessages,
      capabilities: ["ReportsHealth", "AcceptsRemoteConfig", "ReportsHeartbeat"],
      health: { healthy: true },
      callbacks: { onServerError: (error) => void heard.push(error) },
      ...options,
    });
  };

  it.each([
    ["BAD_REQUEST", BadRequest],
    ["UNKNOWN", Unknown],
    ["a type of the future", 9],
  ])(
    "of %s end the message: it is not sent again, and later changes flow [C-217 C-218 C-219]",
    async (_, type) => {
      await using agent = await start({ answer: errorsInTurn(type) });
      const refused = await agent.during(() => agent.client.setHealth({ status: "refused" }));
      expect(refused).toHaveLength(1);
      expect(heard).toMatchObject([{ type, errorMessage: "cannot" }]);
      expect(agent.client.status.state).toBe("online");
      const [beat] = await agent.during(() => agent.clock.advance(30_000));
      expect(beat).toMatchObject({ sequenceNum: 2n });
      expect(beat?.health).toBeUndefined();
      const [later] = await agent.during(() => agent.client.setHealth({ status: "later" }));
      expect(later).toMatchObject({ sequenceNum: 3n, health: { status: "later" } });
    },
  );

  it.each([BadRequest, Unknown, 9])(
    "of type %i end the message also when the connection is lost afterwards [C-217 C-218 C-219]",
    async (type) => {
      await using agent = await start({ answer: errorsInTurn(type) });
      await agent.during(() => agent.client.setHealth({ status: "refused" }));
      const said = await agent.during(async () => {
        agent.session.close();
        await agent.clock.advance(1000);
      });
      expect(said).toHaveLength(1);
      expect(said[0]?.health).toBeUndefined();
    },
  );

  it("do not take a change with them that came meanwhile [C-217 L-08]", async () => {
    await using agent = await start({ answer: errorsInTurn(BadRequest) });
    agent.session.stall();
    await agent.during(() => agent.client.setHealth({ status: "refused" }));
    const said = await agent.during(() => {
      agent.client.setHealth({ status: "meanwhile" });
      agent.session.resume();
    });
    expect(said.map(({ health }) => health?.status)).toEqual(["refused", "meanwhile"]);
  });

  it("are not the last word: full state holds what was turned down [C-57]", async () => {
    await using agent = await start({ answer: errorsInTurn(BadRequest) });
    await agent.during(() => agent.client.setHealth({ status: "refused" }));
    const [full] = await agent.tell({ flags: 1n });
    expect(full?.health?.status).toBe("refused");
  });

  it("stand alone: nothing beside them counts [C-216 W-65]", async () => {
    const offered: unknown[] = [];
    await using agent = await start({
      callbacks: {
        onMessage: (data) => void offered.push(data),
        onServerError: (error) => void heard.push(error),
      },
    });
    const said = await agent.tell({
      errorResponse: {},
      capabilities: 1n,
      remoteConfig: { configHash: Uint8Array.of(1) },
      flags: 1n,
    });
    expect(said).toEqual([]);
    expect(offered).toEqual([]);
    expect(heard).toMatchObject([{ type: Unknown }]);
    expect(agent.client.status.serverCapabilities).toHaveLength(7);
  });

  it("need no instance uid [C-216]", async () => {
    await using agent = await start({});
    await agent.tell({ instanceUid: new Uint8Array(0), errorResponse: { type: BadRequest } });
    expect(heard).toMatchObject([{ type: BadRequest }]);
    expect(agent.client.status.state).toBe("online");
    expect(agent.errors).toEqual([]);
  });

  it("of UNAVAILABLE make the client go, wait as told, come back and say it again [C-222 C-226 C-227 C-230 C-232 L-18]", async () => {
    await using agent = await start({
      answer: ({ sequenceNum, health }) =>
        sequenceNum === 1n && health !== undefined && agent.server.sessions.length === 1
          ? {
              capabilities: 0n,
              errorResponse: {
                type: Unavailable,
                Details: { case: "retryInfo", value: { retryAfterNanoseconds: 2_000_000_000n } },
              },
            }
          : {},
    });
    await agent.during(() => agent.client.setHealth({ status: "busy" }));
    expect(heard).toMatchObject([{ type: Unavailable }]);
    expect(agent.client.status).toMatchObject({
      state: "backing-off",
      delayMs: 2000,
      error: expect.objectContaining({ code: "throttled" }),
    });
    expect(agent.server.sessions[0]?.ended).toMatchObject({ by: "client" });
    expect(await agent.during(() => agent.clock.advance(1999))).toEqual([]);
    const [back] = await agent.during(() => agent.clock.advance(1));
    expect(back?.health?.status).toBe("busy");
  });

  it("of UNAVAILABLE without a time make it wait for half a minute at least [C-228 C-231]", async () => {
    await using agent = await start({
      answer: ({ sequenceNum }) =>
        sequenceNum === 0n ? {} : { capabilities: 0n, errorResponse: { type: Unavailable } },
    });
    await agent.during(() => agent.client.setHealth({ status: "busy" }));
    expect(agent.client.status).toMatchObject({ state: "backing-off", delayMs: 30_000 });
    await agent.clock.advance(30_000);
    expect(agent.client.status).toMatchObject({ state: "backing-off", delayMs: 60_000 });
  });
});

describe("an answer of HTTP that says the message was too large", () => {
  it("ends the message alone: later changes flow at once, and the session lives [C-21]", async () => {
    await using agent = await startScriptedClient({
      pollsForMessages: true,
      capabilities: ["ReportsHealth"],
      health: { healthy: true },
    });
    agent.session.stall();
    await agent.during(() => agent.client.setHealth({ status: "too large" }));
    agent.session.failNextSend(new OpAMPError("message-too-large", "413", { status: 413 }));
    const said = await agent.during(() => {
      agent.client.setHealth({ status: "fits" });
      agent.session.resume();
    });
    expect(said.map(({ health }) => health?.status)).toEqual(["fits"]);
    expect(agent.errors).toMatchObject([{ code: "message-too-large" }]);
    expect(agent.server.sessions).toHaveLength(1);
    expect(await agent.during(() => agent.clock.settle())).toEqual([]);
  });

  /** What follows when the whole state, map of components included, was too large for the server. */
  async function saidInstead(
    components: Readonly<Record<string, ComponentDetailsInit>>,
  ): Promise<readonly AgentToServer[]> {
    await using agent = await startScriptedClient({
      pollsForMessages: true,
      capabilities: ["ReportsHealth", "ReportsAvailableComponents"],
      health: { status: "x".repeat(100) },
      availableComponents: { hash: Uint8Array.of(1), components },
      answer: ({ sequenceNum }) => {
        if (sequenceNum !== 1n) return {};
        agent.session.failNextSend(tooLarge);
        return { flags: ReportFullState | ReportAvailableComponents };
      },
    });
    const [, ...said] = await agent.during(() => agent.clock.advance(30_000));
    expect(agent.errors).toMatchObject([{ code: "message-too-large" }]);
    return said;
  }

  it("gives up the map of components where that is the largest, and says the rest [C-21]", async () => {
    const said = await saidInstead(componentMap(200));
    expect(said).toHaveLength(1);
    expect(said[0]).toMatchObject({ sequenceNum: 2n, health: { status: "x".repeat(100) } });
    expect(said[0]?.agentDescription).toBeDefined();
    expect(said[0]?.availableComponents).toBeUndefined();
  });

  it("keeps the map of components where another part is larger [C-21 C-212]", async () => {
    const said = await saidInstead(componentMap(2));
    expect(said).toHaveLength(1);
    expect(said[0]?.health).toBeUndefined();
    expect(Object.keys(said[0]?.availableComponents?.components ?? {})).toHaveLength(2);
  });
});

const tooLarge = new OpAMPError("message-too-large", "413", { status: 413 });

function componentMap(size: number): Readonly<Record<string, ComponentDetailsInit>> {
  return Object.fromEntries(
    Array.from({ length: size }, (_, i) => [String(i), { metadata: [], subComponentMap: {} }]),
  );
}

describe.each([false, true])("the text of an error response, polling: %s", (pollsForMessages) => {
  it.each([
    ["UNKNOWN", Unknown],
    ["UNAVAILABLE", Unavailable],
  ])("of %s is one short line in errors and logs, and whole for onServerError", async (_, type) => {
    const lines: string[] = [];
    const heard: ServerErrorResponse[] = [];
    const write = (line: string): void => void lines.push(line);
    const errorMessage = `no\nFAKE LOG LINE ${"x".repeat(5000)}`;
    await using agent = await startScriptedClient({
      pollsForMessages,
      logger: { debug: write, info: write, warn: write, error: write },
      callbacks: { onServerError: (error) => void heard.push(error) },
      answer: ({ sequenceNum }) =>
        sequenceNum === 1n ? { errorResponse: { type, errorMessage } } : {},
    });
    await agent.during(() => agent.client.setCustomCapabilities(["com.example.a"]));
    expect(heard).toMatchObject([{ errorMessage }]);
    expect(lines.filter((line) => line.includes("\n") || line.length > 400)).toEqual([]);
    expect(lines.some((line) => line.includes("no FAKE LOG LINE"))).toBe(type === Unavailable);
  });
});

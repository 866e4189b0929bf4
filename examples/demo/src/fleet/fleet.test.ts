import {
  type AgentCapability,
  type AgentToServerInit,
  bitsFromAgentCapabilities,
  bytesFromInstanceUid,
  decodeAgentToServer,
  encodeAgentToServer,
  instanceUidFromBytes,
  RemoteConfigStatuses,
  type ServerToAgentInit,
} from "@opamp/protocol";
import type { Connection, ConnectRequest } from "@opamp/server";
import { createFakeClock } from "@opamp/test-kit";
import { describe, expect, it } from "vitest";
import { createFleet, type Fleet, type FleetOptions } from "./fleet.ts";

const uid = "0190f5a5-91c2-7b4e-8f2a-3c5d7e9f1b2d";
const everything: readonly AgentCapability[] = [
  "ReportsStatus",
  "ReportsHealth",
  "ReportsEffectiveConfig",
  "AcceptsRemoteConfig",
  "ReportsRemoteConfig",
  "AcceptsRestartCommand",
];
const description = { identifyingAttributes: [] };
const fullState = {
  agentDescription: description,
  health: { healthy: true },
  effectiveConfig: { configMap: { configMap: { "a.yaml": { contentType: "text/x" } } } },
};

let connections = 0;

/** An agent on a connection of its own, whose messages count up from `sequence`. */
function createAgent(fleet: Fleet, transport: Connection["transport"] = "websocket") {
  connections += 1;
  const pushed: ServerToAgentInit[] = [];
  const connection: Connection = {
    id: connections,
    transport,
    request: {} as ConnectRequest,
    instanceUids: [],
    send: async (message) => void pushed.push(message),
    ping: async () => true,
    disconnect: async () => {},
  };
  let sequence = 0;
  const say = (message: AgentToServerInit = {}) => {
    sequence += 1;
    const bytes = encodeAgentToServer({
      instanceUid: bytesFromInstanceUid(uid),
      capabilities: bitsFromAgentCapabilities(everything),
      sequenceNum: BigInt(sequence),
      ...message,
    });
    return fleet.receive(connection, decodeAgentToServer(bytes));
  };
  return { say, pushed, connection };
}

function setUp(options: Partial<FleetOptions> = {}) {
  const clock = createFakeClock();
  return { clock, fleet: createFleet({ clock, ...options }) };
}

const statusOf = (answer: ServerToAgentInit, status: number) => ({
  remoteConfigStatus: { lastRemoteConfigHash: answer.remoteConfig?.configHash, status },
});

describe("what the fleet knows of an agent", () => {
  it("keeps the parts that a compressed report leaves out, and replaces those it carries", () => {
    const { fleet } = setUp();
    const { say } = createAgent(fleet);
    say(fullState);
    say();
    expect(fleet.view(uid)).toMatchObject({ health: "healthy", sequenceNum: "2" });
    say({ health: { healthy: false, lastError: "disk full" } });
    expect(fleet.view(uid)).toMatchObject({
      health: "unhealthy",
      healthTree: { lastError: "disk full" },
      effectiveConfig: [{ name: "a.yaml", contentType: "text/x", text: "" }],
    });
  });

  it("says whether an agent is connected, polls or is gone", () => {
    const { fleet } = setUp();
    const { say, connection } = createAgent(fleet);
    const link = () => fleet.summaries()[0]?.link;
    say(fullState);
    expect(link()).toBe("connected");
    fleet.disconnect(connection);
    expect(link()).toBe("gone");
    createAgent(fleet, "http").say(fullState);
    expect(link()).toBe("polling");
    createAgent(fleet).say({ agentDisconnect: {} });
    expect(link()).toBe("gone");
  });

  it("stays connected when an older connection of the agent closes", () => {
    const { fleet } = setUp();
    const [first, second] = [createAgent(fleet), createAgent(fleet)];
    first.say(fullState);
    second.say(fullState);
    fleet.disconnect(first.connection);
    expect(fleet.summaries()[0]?.link).toBe("connected");
  });

  it("shows attributes of every kind as text", () => {
    const { fleet } = setUp();
    const { say } = createAgent(fleet);
    const value = { value: { case: "intValue", value: 2n ** 60n } } as const;
    const list = { value: { case: "arrayValue", value: { values: [value] } } } as const;
    say({ agentDescription: { identifyingAttributes: [{ key: "service.name", value: list }] } });
    expect(fleet.summaries()[0]?.name).toBe('["1152921504606846976"]');
  });

  it("forgets the agent that is gone longest when there would be too many", async () => {
    const { clock, fleet } = setUp({ maxAgents: 2 });
    const last = (digit: number) => ({ instanceUid: Uint8Array.from({ length: 16 }, () => digit) });
    const agents = [1, 2].map((digit) => {
      const agent = createAgent(fleet);
      agent.say(last(digit));
      return agent;
    });
    if (agents[1]) fleet.disconnect(agents[1].connection);
    await clock.advance(1000);
    createAgent(fleet).say(last(3));
    expect(fleet.summaries().map((agent) => agent.uid.at(-1))).toEqual(["1", "3"]);
  });

  it("keeps the last messages of both directions, and tells who listens", () => {
    const { fleet } = setUp({ maxMessages: 3 });
    const heard: string[] = [];
    const unsubscribe = fleet.subscribe((_, message) => message && heard.push(message.summary));
    const { say } = createAgent(fleet);
    say(fullState);
    say();
    unsubscribe();
    say();
    expect(heard).toEqual([
      "#1 description, healthy, effective config",
      "acknowledges",
      "#2 heartbeat",
      "acknowledges",
    ]);
    expect(fleet.messages(uid).map(({ summary }) => summary)).toEqual([
      "acknowledges",
      "#3 heartbeat",
      "acknowledges",
    ]);
  });
});

describe("how the fleet recovers what it missed", () => {
  const asked = (answer: ServerToAgentInit) => answer.flags === 1n;

  it("does not ask an agent that reports its full state", () => {
    const { say } = createAgent(setUp().fleet);
    expect(asked(say(fullState))).toBe(false);
    expect(asked(say())).toBe(false);
  });

  it("asks once for what the capabilities promise and no message had", () => {
    const { say } = createAgent(setUp().fleet);
    expect([say(), say()].map(asked)).toEqual([true, false]);
    expect([say(fullState), say()].map(asked)).toEqual([false, false]);
  });

  it("asks once more after a gap, a repeat or a decrease of the sequence number", () => {
    for (const sequenceNum of [7n, 1n, 0n]) {
      const { say } = createAgent(setUp().fleet);
      say(fullState);
      expect(asked(say({ sequenceNum }))).toBe(true);
      expect(asked(say({ ...fullState, sequenceNum: sequenceNum + 1n }))).toBe(false);
      expect(asked(say({ sequenceNum: sequenceNum + 2n }))).toBe(false);
    }
  });

  it("does not ask for ever when an agent cannot keep its promise", () => {
    const { say } = createAgent(setUp().fleet);
    const answers = [say(), say({ agentDescription: description }), say(), say()];
    expect(answers.map(asked)).toEqual([true, false, false, false]);
  });

  it("asks a polling agent again when it did not hear the question", () => {
    const { say } = createAgent(setUp().fleet, "http");
    expect([say(), say(), say(fullState)].map(asked)).toEqual([true, true, false]);
  });

  it("takes an answer for the whole truth", () => {
    const { fleet } = setUp();
    const { say } = createAgent(fleet);
    say({ ...fullState, remoteConfigStatus: { status: RemoteConfigStatuses.APPLIED } });
    say({ sequenceNum: 9n });
    say({ ...fullState, sequenceNum: 10n });
    expect(fleet.view(uid)?.remoteConfig).toBeNull();
  });
});

describe("what the fleet tells an agent", () => {
  it("pushes a config over WebSocket, under the name of the agent's own file", () => {
    const { fleet } = setUp();
    const { say, pushed } = createAgent(fleet);
    say(fullState);
    expect(fleet.configure(uid, "interval: 2s")).toBe("sent");
    const body = new TextEncoder().encode("interval: 2s");
    expect(pushed).toMatchObject([
      { remoteConfig: { config: { configMap: { "a.yaml": { body, contentType: "text/x" } } } } },
    ]);
  });

  it("offers a config in each answer until the agent has received it", () => {
    const { fleet } = setUp();
    const { say } = createAgent(fleet, "http");
    say(fullState);
    expect(fleet.configure(uid, "x")).toBe("waiting");
    const offer = say();
    expect(offer.remoteConfig?.configHash).toHaveLength(32);
    expect(say().remoteConfig).toEqual(offer.remoteConfig);
    expect(say(statusOf(offer, RemoteConfigStatuses.APPLIED)).remoteConfig).toBeUndefined();
    expect(fleet.configure(uid, "x")).toBe("unchanged");
  });

  it("does not offer a config again that the agent refused", () => {
    const { fleet } = setUp();
    const { say } = createAgent(fleet, "http");
    say(fullState);
    fleet.configure(uid, "wrong");
    const offer = say();
    say(statusOf(offer, RemoteConfigStatuses.FAILED));
    expect(say().remoteConfig).toBeUndefined();
    expect(fleet.configure(uid, "wrong")).toBe("unchanged");
    fleet.configure(uid, "right");
    expect(say().remoteConfig).toBeDefined();
  });

  it("offers a config once to an agent that does not report what it received", () => {
    const { fleet } = setUp();
    const { say } = createAgent(fleet, "http");
    const capabilities = bitsFromAgentCapabilities(["ReportsStatus", "AcceptsRemoteConfig"]);
    say({ ...fullState, capabilities });
    fleet.configure(uid, "x");
    expect(say({ capabilities }).remoteConfig).toBeDefined();
    expect(say({ capabilities }).remoteConfig).toBeUndefined();
  });

  it("refuses what the agent does not accept, or an agent it does not know", () => {
    const { fleet } = setUp();
    expect(fleet.configure(uid, "x")).toBe("unknown-agent");
    expect(fleet.restart(uid)).toBe("unknown-agent");
    createAgent(fleet).say({ capabilities: 1n });
    expect(fleet.configure(uid, "x")).toBe("not-supported");
    expect(fleet.restart(uid)).toBe("not-supported");
  });

  it("sends a command alone, and then the config that was due", () => {
    const { fleet } = setUp();
    const { say } = createAgent(fleet, "http");
    say(fullState);
    fleet.configure(uid, "x");
    fleet.restart(uid);
    expect(Object.keys(say())).toEqual(["command"]);
    expect(Object.keys(say())).toEqual(["remoteConfig"]);
  });

  it("assigns one uid on request, and carries over what it knows", () => {
    const { fleet } = setUp();
    const { say } = createAgent(fleet);
    const answers = [say({ ...fullState, flags: 1n }), say({ flags: 1n })];
    const [bytes, again] = answers.map((answer) => answer.agentIdentification?.newInstanceUid);
    expect(again).toEqual(bytes);
    const newUid = instanceUidFromBytes(bytes ?? new Uint8Array());
    expect(newUid).not.toBe(uid);
    expect(say({ instanceUid: bytes })).toEqual({});
    expect(fleet.summaries()).toHaveLength(1);
    expect(fleet.view(newUid)).toMatchObject({ health: "healthy", sequenceNum: "3" });
  });
});

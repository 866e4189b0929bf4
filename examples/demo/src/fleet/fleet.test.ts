import {
  type AgentCapability,
  type AgentToServerInit,
  bitsFromAgentCapabilities,
  bytesFromInstanceUid,
  decodeAgentToServer,
  encodeAgentToServer,
  instanceUidFromBytes,
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
    instanceUids: [uid],
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
  const disconnect = () => {
    fleet.callbacks.onConnectionClosed(connection, { by: "network", code: 1006 });
    return fleet.close();
  };
  return { say, pushed, disconnect };
}

function setUp(options: Partial<FleetOptions> = {}) {
  const clock = createFakeClock();
  return { clock, fleet: createFleet({ clock, ...options }) };
}

describe("what the fleet knows of an agent", () => {
  it("keeps the parts that a compressed report leaves out, and replaces those it carries", async () => {
    const { fleet } = setUp();
    const { say } = createAgent(fleet);
    await say(fullState);
    await say();
    expect(fleet.view(uid)).toMatchObject({ health: "healthy", sequenceNum: "2" });
    await say({ health: { healthy: false, lastError: "disk full" } });
    expect(fleet.view(uid)).toMatchObject({
      health: "unhealthy",
      healthTree: { lastError: "disk full" },
      effectiveConfig: [{ name: "a.yaml", contentType: "text/x", text: "" }],
    });
  });

  it("says whether an agent is connected, polls or is gone", async () => {
    const { fleet } = setUp();
    const { say, disconnect } = createAgent(fleet);
    const link = () => fleet.summaries()[0]?.link;
    await say(fullState);
    expect(link()).toBe("connected");
    await disconnect();
    expect(link()).toBe("gone");
    await createAgent(fleet, "http").say(fullState);
    expect(link()).toBe("polling");
    await createAgent(fleet).say({ agentDisconnect: {} });
    expect(link()).toBe("gone");
  });

  it("does not call an agent healthy that is gone, and shows what it said last", async () => {
    const { fleet } = setUp();
    const { say, disconnect } = createAgent(fleet);
    await say(fullState);
    expect(fleet.summaries()[0]?.health).toBe("healthy");
    await disconnect();
    expect(fleet.summaries()[0]?.health).toBe("unknown");
    expect(fleet.view(uid)).toMatchObject({ health: "unknown", healthTree: { healthy: true } });
  });

  it("shows attributes of every kind as text", async () => {
    const { fleet } = setUp();
    const { say } = createAgent(fleet);
    const value = { value: { case: "intValue", value: 2n ** 60n } } as const;
    const list = { value: { case: "arrayValue", value: { values: [value] } } } as const;
    await say({
      agentDescription: { identifyingAttributes: [{ key: "service.name", value: list }] },
    });
    expect(fleet.summaries()[0]?.name).toBe('["1152921504606846976"]');
  });

  it("forgets the log and the config of an agent that makes room for another", async () => {
    const { fleet } = setUp({ maxAgents: 1 });
    await createAgent(fleet).say({ ...fullState, agentDisconnect: {} });
    const instanceUid = Uint8Array.from({ length: 16 }, () => 1);
    await createAgent(fleet).say({ ...fullState, instanceUid });
    expect(fleet.summaries().map((agent) => agent.uid.at(-1))).toEqual(["1"]);
    expect(fleet.messages(uid)).toEqual([]);
  });

  it("keeps the last messages of both directions, and tells who listens", async () => {
    const { fleet } = setUp({ maxMessages: 3 });
    const heard: string[] = [];
    const unsubscribe = fleet.subscribe((_, message) => message && heard.push(message.summary));
    const { say } = createAgent(fleet);
    await say(fullState);
    await say();
    unsubscribe();
    await say();
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

describe("what the fleet tells an agent", () => {
  it("pushes a config over WebSocket, under the name of the agent's own file", async () => {
    const { fleet } = setUp();
    const { say, pushed } = createAgent(fleet);
    await say(fullState);
    expect(await fleet.configure(uid, "interval: 2s")).toBe("sent");
    const body = new TextEncoder().encode("interval: 2s");
    expect(pushed).toMatchObject([
      { remoteConfig: { config: { configMap: { "a.yaml": { body, contentType: "text/x" } } } } },
    ]);
    expect(fleet.messages(uid).at(-1)?.summary).toMatch(/^offers config [0-9a-f]{8}$/);
  });

  it("offers a config to a polling agent, until another one is typed", async () => {
    const { fleet } = setUp();
    const { say } = createAgent(fleet, "http");
    await say(fullState);
    expect(await fleet.configure(uid, "x")).toBe("waiting");
    const { remoteConfig } = await say();
    expect(remoteConfig?.configHash).toHaveLength(32);
    expect(await say()).toEqual({});
    expect(await fleet.configure(uid, "y")).toBe("waiting");
    expect((await say()).remoteConfig?.configHash).not.toEqual(remoteConfig?.configHash);
  });

  it("refuses what the agent does not accept, or an agent it does not know", async () => {
    const { fleet } = setUp();
    expect(await fleet.configure(uid, "x")).toBe("unknown-agent");
    expect(await fleet.restart(uid)).toBe("unknown-agent");
    await createAgent(fleet).say({ capabilities: 1n });
    expect(await fleet.configure(uid, "x")).toBe("not-supported");
    expect(await fleet.restart(uid)).toBe("not-supported");
  });

  it("keeps log and config of an agent that takes another uid", async () => {
    const { fleet } = setUp();
    const { say } = createAgent(fleet, "http");
    const { agentIdentification } = await say({ ...fullState, flags: 1n });
    await fleet.configure(uid, "x");
    const bytes = agentIdentification?.newInstanceUid ?? new Uint8Array();
    expect((await say({ instanceUid: bytes })).remoteConfig).toBeDefined();
    const newUid = instanceUidFromBytes(bytes);
    expect(fleet.view(newUid)).toMatchObject({ desiredConfig: { text: "x" } });
    expect(fleet.messages(newUid)).toHaveLength(4);
    expect(fleet.view(uid)).toBeUndefined();
  });
});

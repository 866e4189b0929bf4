import {
  createOpAMPClient,
  exponentialBackoff,
  type OpAMPClient,
  type StartSettings,
} from "@opamp/client";
import { RemoteConfigStatuses } from "@opamp/protocol";
import {
  type AgentTracker,
  type AgentTrackerSettings,
  createAgentTracker,
  createOpAMPServer,
  createRemoteConfigOffer,
  type TrackerEvent,
} from "@opamp/server";
import { eventually } from "@opamp/test-kit";
import { describe, expect, it } from "vitest";

interface Tracking extends AsyncDisposable {
  readonly tracker: AgentTracker;
  readonly events: TrackerEvent[];
  readonly port: number;
  url(transport: Transport): string;
}

type Transport = "ws" | "http";

async function startTracking(settings: AgentTrackerSettings = {}, port = 0): Promise<Tracking> {
  const events: TrackerEvent[] = [];
  const tracker = createAgentTracker({
    onEvent: (event) => void events.push(event),
    ...settings,
  });
  const { callbacks, capabilities } = tracker;
  const server = createOpAMPServer({ callbacks, capabilities });
  const address = await server.listen({ port, host: "127.0.0.1" });
  return {
    tracker,
    events,
    port: address.port,
    url: (transport) => `${transport}://127.0.0.1:${address.port}/v1/opamp`,
    async [Symbol.asyncDispose]() {
      await server.close({ deadlineMs: 0 });
      await tracker.close();
    },
  };
}

interface Subject extends AsyncDisposable {
  readonly client: OpAMPClient;
  readonly received: string[];
}

/** An agent that applies every config that it is offered. */
async function startAgent(
  serverUrl: string,
  settings: Partial<StartSettings> = {},
): Promise<Subject> {
  const received: string[] = [];
  const client = createOpAMPClient({
    serverUrl,
    agentDescription: { identifyingAttributes: { "service.name": "edge" } },
    capabilities: [
      "ReportsHeartbeat",
      "ReportsHealth",
      "ReportsEffectiveConfig",
      "AcceptsRemoteConfig",
      "ReportsRemoteConfig",
    ],
    health: { healthy: true },
    heartbeatIntervalMs: 20,
    retry: exponentialBackoff({ initialMs: 10, maxMs: 50 }),
    callbacks: {
      getEffectiveConfig: () => ({ configMap: { f: { body: Uint8Array.of(1) } } }),
      onMessage({ remoteConfig }) {
        if (remoteConfig === undefined) return;
        received.push(Buffer.from(remoteConfig.config?.configMap.f?.body ?? []).toString());
        client.setRemoteConfigStatus({
          lastRemoteConfigHash: remoteConfig.configHash,
          status: RemoteConfigStatuses.APPLIED,
        });
      },
    },
    ...settings,
  });
  await client.start();
  return { client, received, [Symbol.asyncDispose]: () => client.stop() };
}

/** What a tracker knows of an agent, when that is all that the agent has. */
function expectKnown(tracker: AgentTracker, { client }: Subject, status: string): void {
  expect(tracker.agent(client.instanceUid)?.parts).toMatchObject({
    agentDescription: { identifyingAttributes: [{ key: "service.name" }] },
    health: { healthy: true, status },
    effectiveConfig: { configMap: { configMap: { f: {} } } },
  });
}

describe.each(["ws", "http"] as const)("an agent over %s", (transport) => {
  it("is known in full, offered its config once, and its status is tracked [S-38 S-39 S-61 S-63 S-64 S-153]", async () => {
    let text = "one";
    await using server = await startTracking({
      desired: () => ({ remoteConfig: createRemoteConfigOffer({ f: text }) }),
    });
    const { tracker } = server;
    await using agent = await startAgent(server.url(transport));
    const { instanceUid } = agent.client;
    const appliedHash = () =>
      tracker.agent(instanceUid)?.parts.remoteConfigStatus?.lastRemoteConfigHash;
    await eventually(() =>
      expect(appliedHash()).toEqual(createRemoteConfigOffer({ f: "one" }).configHash),
    );
    agent.client.setHealth({ healthy: true, status: "busy" });
    await eventually(() => expectKnown(tracker, agent, "busy"));

    text = "two";
    expect(await tracker.refresh(instanceUid)).toBe(transport === "ws" ? "sent" : "waiting");
    await eventually(() =>
      expect(appliedHash()).toEqual(createRemoteConfigOffer({ f: "two" }).configHash),
    );
    const { sequenceNum } = tracker.agent(instanceUid) ?? { sequenceNum: 0n };
    await eventually(() =>
      expect(tracker.agent(instanceUid)?.sequenceNum).toBeGreaterThan(sequenceNum + 5n),
    );
    expect(agent.received).toEqual(["one", "two"]);
    const types = server.events.map(({ type }) => type);
    expect(types).not.toContain("gap");
    expect(types).not.toContain("full-state-requested");
  });

  it("is known in full again by a server that knows nothing, after one question [S-29 S-31 S-42 S-160]", async () => {
    const before = await startTracking();
    await using agent = await startAgent(before.url(transport));
    const { instanceUid } = agent.client;
    await eventually(() => expectKnown(before.tracker, agent, ""));
    agent.client.setHealth({ healthy: true, status: "later" });
    await eventually(() => expectKnown(before.tracker, agent, "later"));
    await before[Symbol.asyncDispose]();

    await using after = await startTracking({}, before.port);
    await eventually(() => expectKnown(after.tracker, agent, "later"));
    const { sequenceNum } = after.tracker.agent(instanceUid) ?? { sequenceNum: 0n };
    await eventually(() =>
      expect(after.tracker.agent(instanceUid)?.sequenceNum).toBeGreaterThan(sequenceNum + 3n),
    );
    const asked = after.events.filter(({ type }) => type === "full-state-requested");
    expect(asked.length).toBeLessThanOrEqual(1);
  });

  it("takes the uid that it asked for, and stays one agent [S-21 S-25]", async () => {
    await using server = await startTracking();
    await using agent = await startAgent(server.url(transport), { flags: ["RequestInstanceUid"] });
    const temporary = agent.client.instanceUid;
    await eventually(() => expect(agent.client.instanceUid).not.toBe(temporary));
    await eventually(() => expectKnown(server.tracker, agent, ""));
    expect(server.tracker.agents()).toHaveLength(1);
  });

  it("that stops is gone at once, and what is known of it stays [S-139 A-19]", async () => {
    await using server = await startTracking();
    await using agent = await startAgent(server.url(transport));
    await eventually(() => expectKnown(server.tracker, agent, ""));
    await agent.client.stop();
    await eventually(() =>
      expect(server.tracker.agent(agent.client.instanceUid)?.presence).toBe("gone"),
    );
    expectKnown(server.tracker, agent, "");
  });
});

describe("two agents with one uid", () => {
  it("end up with one each [S-142 S-143]", async () => {
    await using server = await startTracking();
    await using one = await startAgent(server.url("ws"));
    const { instanceUid } = one.client;
    await eventually(() => expectKnown(server.tracker, one, ""));
    await using other = await startAgent(server.url("ws"), { instanceUid });
    await eventually(() => expect(other.client.instanceUid).not.toBe(instanceUid));
    await eventually(() => expectKnown(server.tracker, other, ""));
    expect(one.client.instanceUid).toBe(instanceUid);
    expect(server.tracker.agents()).toMatchObject([
      { presence: "connected" },
      { presence: "connected" },
    ]);
  });
});

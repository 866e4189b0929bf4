import {
  type AgentToServerInit,
  bitsFromAgentCapabilities,
  type ServerToAgent,
} from "@opamp/protocol";
import {
  type AgentTracker,
  type AgentTrackerSettings,
  createAgentTracker,
  type TrackerEvent,
} from "@opamp/server";
import { describe, expect, it } from "vitest";
import { connectAgent } from "./_util/raw-agent.ts";
import { startServer } from "./_util/test-server.ts";

interface Tracking extends AsyncDisposable {
  readonly tracker: AgentTracker;
  readonly events: TrackerEvent[];
  readonly wsUrl: string;
}

async function startTracking(settings: AgentTrackerSettings): Promise<Tracking> {
  const events: TrackerEvent[] = [];
  const tracker = createAgentTracker({ ...settings, onEvent: (event) => void events.push(event) });
  const { callbacks, capabilities } = tracker;
  const running = await startServer({ callbacks, capabilities });
  return {
    tracker,
    events,
    wsUrl: running.wsUrl,
    async [Symbol.asyncDispose]() {
      await running[Symbol.asyncDispose]();
      await tracker.close();
    },
  };
}

describe("an agent whose network broke in silence", () => {
  const capabilities = bitsFromAgentCapabilities(["ReportsStatus"]);
  const report: AgentToServerInit = { capabilities, agentDescription: {} };

  const say = (
    agent: Awaited<ReturnType<typeof connectAgent>>,
    message: AgentToServerInit,
  ): Promise<ServerToAgent> => agent.ask({ ...report, ...message });

  it("keeps its uid when it comes back: the old connection answers no ping [S-145]", async () => {
    await using server = await startTracking({ probeMs: 50 });
    await using left = await connectAgent(server.wsUrl, { autoPong: false });
    const { uidBytes: instanceUid } = left;
    for (let i = 0n; i < 5n; i += 1n) await say(left, { sequenceNum: i });
    await using back = await connectAgent(server.wsUrl);
    const answer = await say(back, { instanceUid, sequenceNum: 0n });
    expect(answer.agentIdentification).toBeUndefined();
    expect(server.events.map(({ type }) => type)).not.toContain("duplicate-uid");
    expect(server.tracker.agent(left.uid)).toMatchObject({
      presence: "connected",
      sequenceNum: 0n,
    });
  });

  it("is another one when the old connection answers pings [S-142 S-145]", async () => {
    await using server = await startTracking({ probeMs: 5000 });
    await using first = await connectAgent(server.wsUrl);
    const { uidBytes: instanceUid } = first;
    for (let i = 0n; i < 5n; i += 1n) await say(first, { sequenceNum: i });
    await using second = await connectAgent(server.wsUrl);
    const answer = await say(second, { instanceUid, sequenceNum: 0n });
    expect(answer.agentIdentification?.newInstanceUid).toHaveLength(16);
    expect(server.tracker.agent(first.uid)?.sequenceNum).toBe(4n);
  });
});

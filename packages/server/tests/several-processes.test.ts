import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import {
  type AgentToServerInit,
  bitsFromAgentCapabilities,
  type InstanceUid,
} from "@opamp/protocol";
import { type AgentStore, createAgentTracker, type TrackedAgent } from "@opamp/server";
import { eventually } from "@opamp/test-kit";
import { describe, expect, it, onTestFinished } from "vitest";
import { connectAgent } from "./_util/raw-agent.ts";
import { startServer, type TestServer } from "./_util/test-server.ts";

describe("an agent that comes back to another process", () => {
  const capabilities = bitsFromAgentCapabilities(["ReportsStatus"]);
  const report: AgentToServerInit = { capabilities, agentDescription: {} };

  it("is known there from the store, and is asked nothing", async () => {
    const store = sharedStore();
    await using first = await startProcess(store);
    await using second = await startProcess(store);
    await using here = await connectAgent(first.wsUrl);
    const { uid, uidBytes: instanceUid } = here;
    for (let sequenceNum = 0n; sequenceNum < 3n; sequenceNum += 1n) {
      await here.ask({ ...(sequenceNum === 0n ? report : { capabilities }), sequenceNum });
    }
    here.webSocket.close();
    await eventually(() => expect(store.rows.get(uid)?.presence).toBe("gone"));
    await using there = await connectAgent(second.wsUrl);
    const answer = await there.ask({ instanceUid, capabilities, sequenceNum: 3n });
    expect(answer.flags).toBe(0n);
    expect(store.rows.get(uid)).toMatchObject({ presence: "connected", sequenceNum: 3n });
    expect(store.rows.get(uid)?.parts.agentDescription).toBeDefined();
  });

  it("is asked for its full state when the first process had no time to store it", async () => {
    const store = sharedStore();
    await using first = await startProcess(store);
    await using second = await startProcess(store);
    await using here = await connectAgent(first.wsUrl);
    const { uidBytes: instanceUid } = here;
    await here.ask({ ...report, sequenceNum: 0n });
    await here.ask({ capabilities, sequenceNum: 1n });
    await using there = await connectAgent(second.wsUrl);
    const answer = await there.ask({ instanceUid, capabilities, sequenceNum: 2n });
    expect(answer.flags).toBe(1n);
    const next = await there.ask({ ...report, instanceUid, sequenceNum: 3n });
    expect(next.flags).toBe(0n);
  });
});

it("shares its port with other processes by node:cluster", async () => {
  const program = fileURLToPath(new URL("programs/cluster-server.ts", import.meta.url));
  const primary = fork(program, { execArgv: ["--conditions=@opamp/source"] });
  onTestFinished(() => void primary.kill());
  const [port] = await once(primary, "message");
  const processes = new Set<string | undefined>();
  for (let i = 0; i < 4; i += 1) {
    await using agent = await connectAgent(`ws://127.0.0.1:${port}/v1/opamp`);
    processes.add((await agent.ask()).errorResponse?.errorMessage);
  }
  expect(processes.size).toBe(2);
  expect(processes).not.toContain(undefined);
}, 60_000);

it("shares its port with others when all say reusePort", async () => {
  await using first = await startServer({}, { reusePort: true });
  await using second = await startServer({}, { port: first.port, reusePort: true });
  const servers = [first.server, second.server];
  const agents = await Promise.all(Array.from({ length: 64 }, () => connectAgent(first.wsUrl)));
  await eventually(() => {
    const counts = servers.map(({ connections }) => connections.size);
    expect(Math.min(...counts)).toBeGreaterThan(0);
    expect(counts[0]).toBe(64 - (counts[1] ?? 0));
  });
  await Promise.all(agents.map((agent) => agent[Symbol.asyncDispose]()));
});

it("shares no port that another has for itself", async () => {
  await using first = await startServer();
  await expect(startServer({}, { port: first.port, reusePort: true })).rejects.toMatchObject({
    code: "connect-failed",
  });
});

interface SharedStore extends AgentStore {
  readonly rows: ReadonlyMap<InstanceUid, TrackedAgent>;
}

function sharedStore(): SharedStore {
  const rows = new Map<InstanceUid, TrackedAgent>();
  return {
    rows,
    load: (uid) => rows.get(uid),
    save: (agent) => void rows.set(agent.uid, agent),
    delete: (uid) => void rows.delete(uid),
  };
}

/** A server and a tracker, as each process has them. */
async function startProcess(store: AgentStore): Promise<TestServer> {
  const { callbacks, capabilities } = createAgentTracker({ store });
  return startServer({ callbacks, capabilities });
}

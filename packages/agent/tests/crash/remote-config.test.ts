import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInstanceUid, type InstanceUid } from "@opamp/protocol";
import { createSeededRandom, eventually } from "@opamp/test-kit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AgentProcesses, createAgentProcesses } from "../_util/agent-process.ts";
import { type ConfigServer, startConfigServer } from "../_util/config-server.ts";
import {
  type NamedPoint,
  type Operation,
  pointsOf,
  problemsAtPoints,
} from "../_util/crash-points.ts";
import { temporaryDirectory } from "../_util/state-directory.ts";
import { createVersionedAgent } from "../_util/versioned-agent.ts";

const LIVES = 15;
/** Processes start and die by the dozen: each may have to wait for its turn. */
const PATIENT = { timeoutMs: 30_000 };

let processes: AgentProcesses;
beforeAll(() => {
  processes = createAgentProcesses("crash-program.ts");
});
afterAll(() => processes[Symbol.dispose]());

const steps = [
  ["v1", "APPLIED v1"],
  ["v2", "APPLIED v2"],
  ["bad", "FAILED bad"],
] as const;

/**
 * What an agent goes through: its first start, a uid and a config from the server, another config
 * and one that fails; then it stops in order. Ends early when the process does.
 */
async function live(server: ConfigServer, child: ChildProcess, uid: InstanceUid): Promise<void> {
  const died = once(child, "exit").then(() => true);
  server.assign(uid);
  for (const [version, status] of steps) {
    server.want(version);
    const reached = server.until(() => server.agents.get(uid)?.status === status);
    if (await Promise.race([died, reached])) return;
  }
  child.send("stop");
  await died;
}

/** The operations of a life without a crash. */
async function recordOperations(): Promise<readonly Operation[]> {
  await using server = await startConfigServer();
  const child = processes.start(server.url, temporaryDirectory());
  const operations: Operation[] = [];
  child.on("message", (message) => operations.push(message as unknown as Operation));
  await live(server, child, createInstanceUid());
  return operations;
}

/** Dies at one point, is started again, and says what is wrong. */
async function problemsAfterCrash({ point }: NamedPoint): Promise<readonly string[]> {
  await using server = await startConfigServer();
  const directory = temporaryDirectory();
  const uid = createInstanceUid();
  const child = processes.start(server.url, directory, point);
  await live(server, child, uid);
  if (child.signalCode !== "SIGKILL") return [`ended with ${child.exitCode}`];
  const before = server.agents.get(uid);
  const hadUid = before !== undefined;
  const problems = await untruths(server, { directory, uid: hadUid ? uid : undefined, before });
  // Whatever happened, it can be led on from here.
  server.want("v3");
  server.assign(uid);
  await using last = await createVersionedAgent({
    serverUrl: server.url,
    stateDirectory: directory,
  });
  await last.agent.start();
  await eventually(() => {
    expect(server.agents.get(uid)).toEqual({ status: "APPLIED v3", effective: "v3" });
  }, PATIENT);
  return problems;
}

interface Past {
  readonly directory: string;
  /** The uid, when the agent had used it before it died. */
  readonly uid: InstanceUid | undefined;
  /** What it had told the server. */
  readonly before: { readonly status?: string } | undefined;
}

/** Starts again with a server that neither assigns nor offers, and compares what is said with what is. */
async function untruths(
  server: ConfigServer,
  { directory, uid, before }: Past,
): Promise<readonly string[]> {
  server.want(undefined);
  server.assign(undefined);
  server.forget();
  await using again = await createVersionedAgent({
    serverUrl: server.url,
    stateDirectory: directory,
  });
  const { instanceUid } = again.agent;
  await again.agent.start();
  await eventually(() => {
    const known = server.agents.get(instanceUid);
    expect(known?.effective).toBe(again.version);
    expect(known?.status ?? "").not.toContain("APPLYING");
  }, PATIENT);
  const { status = "", effective } = server.agents.get(instanceUid) ?? {};
  const problems: string[] = [];
  if (uid !== undefined && instanceUid !== uid) problems.push("used a uid and forgot it");
  if (effective === "MIX") problems.push("runs with a mix");
  if (status.startsWith("APPLIED") && status !== `APPLIED ${effective}`) {
    problems.push(`says ${status} and runs with ${effective}`);
  }
  if (status.startsWith("FAILED") && status !== "FAILED bad") problems.push(`says ${status}`);
  const [said, version] = before?.status?.split(" ") ?? [];
  if (said === "APPLIED" && (effective ?? "") < (version ?? "")) {
    problems.push(`had applied ${version} and runs with ${effective}`);
  }
  if (said === "FAILED" && (status !== "FAILED bad" || effective !== "v2")) {
    problems.push(`had told ${before?.status}, tells ${status}, and runs with ${effective}`);
  }
  return problems;
}

describe("an agent that is killed", () => {
  it("at any operation on its disk has the old or the new state, and the server learns the truth [L-13]", async () => {
    const operations = await recordOperations();
    const points = pointsOf(operations);
    expect(points.length).toBeGreaterThanOrEqual(100);
    const problems = await problemsAtPoints(points, problemsAfterCrash);
    expect(problems).toEqual([]);
  });

  it("at any moment goes on with the same uid and config, without a server [C-204]", async () => {
    const random = createSeededRandom(7);
    const directory = temporaryDirectory();
    const uid = createInstanceUid();
    let reached = "";
    for (let life = 1; life <= LIVES; life += 1) {
      const version = `v${String(life).padStart(2, "0")}`;
      await using server = await startConfigServer();
      server.assign(uid);
      server.want(version);
      const child = processes.start(server.url, directory);
      await killAfter(Math.ceil(random() * 40), child, server);
      if (server.agents.get(uid)?.status === `APPLIED ${version}`) reached = version;

      const serverUrl = "ws://127.0.0.1:9";
      await using alone = await createVersionedAgent({ serverUrl, stateDirectory: directory });
      const { instanceUid } = alone.agent;
      expect(instanceUid).toBe(server.agents.has(uid) ? uid : instanceUid);
      await alone.agent.start();
      // An interrupted config, newer than the one that was reached, may have been taken up.
      await eventually(
        () => expect(reached === "" || alone.version >= reached).toBe(true),
        PATIENT,
      );
      expect(["none", "MIX"]).not.toContain(reached === "" ? "" : alone.version);
    }
    expect(reached).not.toBe("");
  });
});

/** Kills a process some operations on its disk from now, or when it has nothing more to do. */
async function killAfter(operations: number, child: ChildProcess, server: ConfigServer) {
  const died = once(child, "exit");
  const { promise: reached, resolve } = Promise.withResolvers<void>();
  let count = 0;
  child.on("message", () => {
    count += 1;
    if (count === operations) resolve();
  });
  const settled = server.until(() =>
    [...server.agents.values()].some(({ status }) => status?.startsWith("APPLIED")),
  );
  await Promise.race([reached, settled]);
  child.kill("SIGKILL");
  await died;
}

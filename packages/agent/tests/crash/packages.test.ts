import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { PackageStatusEnum } from "@opamp/protocol";
import { eventually } from "@opamp/test-kit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AgentProcesses, createAgentProcesses } from "../_util/agent-process.ts";
import {
  type NamedPoint,
  type Operation,
  pointsOf,
  problemsAtPoints,
} from "../_util/crash-points.ts";
import { type FileServer, startFileServer } from "../_util/file-server.ts";
import { createInstallingAgent, type InstallingAgent } from "../_util/installing-agent.ts";
import { type PackageServer, packageOf, startPackageServer } from "../_util/package-server.ts";
import { temporaryDirectory } from "../_util/state-directory.ts";

/** Processes start and die by the dozen: each may have to wait for its turn. */
const PATIENT = { timeoutMs: 15_000 };

/** Dying before these leaves on the disk what dying after the operation before them does. */
const REDUNDANT = /^before (?:read|readStream|list|size|rename|syncDirectory),/;

interface Step {
  readonly offered: string | undefined;
  /** What is reported of it. */
  readonly known: readonly string[];
  /** What the program runs with then. */
  readonly version: string;
}

const nothing: Step = { offered: undefined, known: [], version: "none" };

/** What is offered, one after the other. */
const steps: readonly Step[] = [
  { offered: "v1", known: ["probes: Installed has v1"], version: "v1" },
  { offered: "bad", known: ["probes: InstallFailed has v1"], version: "v1" },
  nothing,
];

let processes: AgentProcesses;
let files: FileServer;
beforeAll(async () => {
  processes = createAgentProcesses("packages-crash-program.ts");
  files = await startFileServer();
});
afterAll(async () => {
  processes[Symbol.dispose]();
  await files[Symbol.asyncDispose]();
});

function want(server: PackageServer, version: string | undefined): void {
  if (version === undefined) return server.want({});
  const content = new TextEncoder().encode(version);
  const downloadUrl = files.put(`/${version}`, content);
  server.want({ probes: packageOf(version, content, { downloadUrl }) });
}

/**
 * What an agent goes through: a package is installed, a newer one fails its health check, and none is
 * offered any longer; then it stops in order. Ends early when the process does. Returns how many steps
 * were begun.
 */
async function live(server: PackageServer, child: ChildProcess): Promise<number> {
  const died = once(child, "exit").then(() => true);
  for (const [index, { offered, known }] of steps.entries()) {
    want(server, offered);
    const reached = server.until(() => server.isSettled && server.known.join() === known.join());
    if (await Promise.race([died, reached])) return index + 1;
  }
  child.send("stop");
  await died;
  return steps.length;
}

/** The operations of a life without a crash. */
async function recordOperations(): Promise<readonly Operation[]> {
  await using server = await startPackageServer();
  const child = processes.start(server.url, temporaryDirectory());
  const operations: Operation[] = [];
  child.on("message", (message) => operations.push(message as unknown as Operation));
  await live(server, child);
  return operations;
}

/** Dies at one point, is started again, and says what is wrong. */
async function problemsAfterCrash({ point }: NamedPoint): Promise<readonly string[]> {
  await using server = await startPackageServer();
  const directory = temporaryDirectory();
  const child = processes.start(server.url, directory, point);
  const begun = await live(server, child);
  if (child.signalCode !== "SIGKILL") return [`ended with ${child.exitCode}`];
  server.forget();
  server.want(undefined);
  await using again = await createInstallingAgent({
    serverUrl: server.url,
    stateDirectory: directory,
  });
  const problems = [...mixes(again, begun)];
  await again.agent.start();
  await untilTrue(again, server);
  want(server, steps[begun - 1]?.offered);
  problems.push(...(await untruths(again, server, begun)));
  // Whatever happened, it can be led on from here.
  want(server, "v3");
  await eventually(() => {
    expect(server.isSettled).toBe(true);
    expect(server.known).toEqual(["probes: Installed has v3"]);
  }, PATIENT);
  expect([again.version, again.content]).toEqual(["v3", "v3"]);
  return problems;
}

/** What is on disk is the old or the new state. */
function mixes({ agent, content }: InstallingAgent, begun: number): readonly string[] {
  const after = steps[begun - 1]?.version ?? "none";
  const before = steps[begun - 2]?.version ?? "none";
  const version = agent.packages.get("probes")?.version ?? "none";
  const problems: string[] = [];
  if (version !== before && version !== after) problems.push(`has ${version} in step ${begun}`);
  if (content !== version) problems.push(`has ${version} with the content of ${content}`);
  return problems;
}

/** Without an offer, the program comes to run with what is said and kept: what was begun is ended. */
async function untilTrue(again: InstallingAgent, server: PackageServer): Promise<void> {
  await eventually(() => {
    const { agentHasVersion = "", status } = server.reports.at(-1)?.packages.probes ?? {};
    const said = agentHasVersion || "none";
    expect([again.version, again.content]).toEqual([said, said]);
    expect([PackageStatusEnum.Installing, PackageStatusEnum.Downloading]).not.toContain(status);
  }, PATIENT);
}

/** What is said comes to be what is, with a server that offers what it did before. */
async function untruths(
  again: InstallingAgent,
  server: PackageServer,
  begun: number,
): Promise<readonly string[]> {
  const { known, version } = steps[begun - 1] ?? nothing;
  await eventually(() => expect(server.isSettled).toBe(true), PATIENT);
  const problems: string[] = [];
  if (server.known.join() !== known.join()) {
    problems.push(`says ${server.known.join()} in step ${begun}`);
  }
  if (again.version !== version) problems.push(`runs with ${again.version} in step ${begun}`);
  if (again.content !== version) problems.push(`keeps ${again.content} in step ${begun}`);
  return problems;
}

describe("an agent that is killed while it sees to its packages", () => {
  it("at any operation on its disk has the old or the new package, and the server learns the truth [L-12]", async () => {
    const operations = await recordOperations();
    const points = pointsOf(operations).filter(({ name }) => !REDUNDANT.test(name));
    expect(points.length).toBeGreaterThanOrEqual(150);
    const problems = await problemsAtPoints(points, problemsAfterCrash);
    expect(problems).toEqual([]);
  });
});

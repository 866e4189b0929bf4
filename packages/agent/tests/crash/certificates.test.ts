import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "@opamp/test-kit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type AgentProcesses, createAgentProcesses } from "../_util/agent-process.ts";
import { createCertificateHolder } from "../_util/certificate-holder.ts";
import { type CertificateServer, startCertificateServer } from "../_util/certificate-server.ts";
import {
  type NamedPoint,
  type Operation,
  pointsOf,
  problemsAtPoints,
} from "../_util/crash-points.ts";
import { temporaryDirectory } from "../_util/state-directory.ts";

/** Processes start and die by the dozen: each may have to wait for its turn. */
const PATIENT = { timeoutMs: 30_000 };

let processes: AgentProcesses;
beforeAll(() => {
  processes = createAgentProcesses("crash-certificate-program.ts");
});
afterAll(() => processes[Symbol.dispose]());

/** A server that wants to think about requests, and a state directory that knows it. */
async function prepare(): Promise<{
  readonly server: CertificateServer;
  readonly sign: CertificateServer["answer"];
  readonly directory: string;
}> {
  const server = await startCertificateServer();
  const sign = server.answer;
  server.answer = async () => ({});
  const directory = temporaryDirectory();
  writeFileSync(join(directory, "ca.pem"), server.authority.cert);
  return { server, sign, directory };
}

/** An agent asks, is answered, connects with its certificate, and stops. Ends early when it dies. */
async function live(
  { server, sign }: Awaited<ReturnType<typeof prepare>>,
  child: ChildProcess,
): Promise<void> {
  const died = once(child, "exit");
  const isAlive = (): boolean => child.exitCode === null && child.signalCode === null;
  const reached = async (condition: () => boolean): Promise<boolean> => {
    await eventually(() => expect(!isAlive() || condition()).toBe(true), PATIENT);
    return isAlive();
  };
  if (await reached(() => server.requests.length > 0)) {
    const [request] = server.requests;
    // It may die just now.
    if (request !== undefined) await server.push(await sign(request)).catch(() => {});
    if (await reached(() => server.statuses.at(-1) === "APPLIED")) child.send("stop");
  }
  await died;
}

async function recordOperations(): Promise<readonly Operation[]> {
  const life = await prepare();
  await using server = life.server;
  const child = processes.start(server.openUrl, life.directory);
  const operations: Operation[] = [];
  child.on("message", (message) => operations.push(message as unknown as Operation));
  await live(life, child);
  return operations;
}

/** Dies at one point, is started again, and says what is wrong. */
async function problemsAfterCrash({ point }: NamedPoint): Promise<readonly string[]> {
  const life = await prepare();
  await using server = life.server;
  const child = processes.start(server.openUrl, life.directory, point);
  await live(life, child);
  if (child.signalCode !== "SIGKILL") return [`ended with ${child.exitCode}`];
  const asked = server.requests.at(-1);
  const before = server.requests.length;
  server.answer = life.sign;
  const guests = server.guests.length;
  await using again = await createCertificateHolder({
    serverUrl: server.openUrl,
    stateDirectory: life.directory,
    tls: { ca: server.authority.cert },
  });
  await again.start();
  await eventually(() => {
    expect(server.guests.slice(guests)).toContain(again.instanceUid);
    expect(server.statuses.at(-1)).toBe("APPLIED");
  }, PATIENT);
  const problems = server.statuses.filter((status) => status.startsWith("FAILED"));
  const repeated = server.requests.slice(before);
  if (asked !== undefined && repeated.some(({ publicKey }) => publicKey !== asked.publicKey)) {
    problems.push("had asked for a certificate, and forgot the key");
  }
  return problems;
}

it("an agent that is killed at any operation on its disk still gets its certificate, for the key that it asked with [C-111 C-149 L-14]", async () => {
  const points = pointsOf(await recordOperations());
  expect(points.length).toBeGreaterThanOrEqual(40);
  expect(await problemsAtPoints(points, problemsAfterCrash)).toEqual([]);
});

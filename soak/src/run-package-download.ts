import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createReadStream, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { PackageStatusEnum, type PackagesAvailableInit } from "@opamp/protocol";
import { type Connection, createOpAMPServer } from "@opamp/server";
import { startBreakingFileServer } from "./breaking-file-server.ts";
import type { Check } from "./checks.ts";
import { memoryOf } from "./process-memory.ts";

export interface PackageDownloadOptions {
  readonly contentBytes: number;
  readonly breakAfterBytes: number;
  /** Of the content, from 0 to 1. */
  readonly maxReadTwice: number;
  readonly maxExtraBytes: number;
}

/** Until the memory of a process that has just connected is at rest. */
const REST_MS = 1500;

const { Installed, InstallFailed } = PackageStatusEnum;

/** An agent in a process of its own downloads one large package over a link that breaks. */
export async function runPackageDownload(
  options: PackageDownloadOptions,
): Promise<readonly Check[]> {
  const { contentBytes, breakAfterBytes, maxReadTwice, maxExtraBytes } = options;
  const content = randomBytes(contentBytes);
  const contentHash = createHash("sha256").update(content).digest();
  await using files = await startBreakingFileServer({ content, breakAfterBytes });
  await using server = await startOfferingServer();
  await using agent = startAgent(server.url);
  await Promise.race([server.connected, agent.exited]);
  await wait(REST_MS);
  const before = memoryOf(agent.pid);
  const path = agent.path();
  const startMs = performance.now();
  const problem = await server.offer({
    packages: { large: { hash: contentHash, file: { downloadUrl: files.url, contentHash } } },
    allPackagesHash: contentHash,
  });
  const seconds = (performance.now() - startMs) / 1000;
  const extraBytes = memoryOf(agent.pid).peakBytes - before.residentBytes;
  const readTwice = files.sentBytes / contentBytes - 1;
  const isRight = problem === undefined && contentHash.equals(await hashOf(await path));
  return [
    {
      what: `${mb(contentBytes)} arrived in ${files.requests} parts and ${seconds.toFixed(1)} s`,
      problem: problem ?? (isRight ? undefined : "the file has another hash"),
    },
    {
      what: `${(readTwice * 100).toFixed(2)} % were read twice`,
      problem: readTwice > maxReadTwice ? `more than ${maxReadTwice * 100} %` : undefined,
    },
    {
      what: `the agent took ${mb(extraBytes)} on top of ${mb(before.residentBytes)}`,
      problem: extraBytes > maxExtraBytes ? `more than ${mb(maxExtraBytes)}` : undefined,
    },
  ];
}

interface OfferingServer extends AsyncDisposable {
  readonly url: string;
  /** Resolves when an agent has spoken. */
  readonly connected: Promise<Connection>;
  /** Resolves when the packages are installed, or with what went wrong. */
  readonly offer: (packages: PackagesAvailableInit) => Promise<string | undefined>;
}

async function startOfferingServer(): Promise<OfferingServer> {
  const connected = Promise.withResolvers<Connection>();
  const outcome = Promise.withResolvers<string | undefined>();
  const server = createOpAMPServer({
    capabilities: ["AcceptsStatus", "OffersPackages", "AcceptsPackagesStatus"],
    callbacks: {
      onMessage(connection, { packageStatuses }) {
        connected.resolve(connection);
        for (const { status, errorMessage } of Object.values(packageStatuses?.packages ?? {})) {
          if (status === Installed) outcome.resolve(undefined);
          if (status === InstallFailed) outcome.resolve(errorMessage);
        }
      },
      onConnectionClosed: () => outcome.resolve("the agent has gone"),
    },
  });
  const { port } = await server.listen({ port: 0, host: "127.0.0.1" });
  return {
    url: `ws://127.0.0.1:${port}/v1/opamp`,
    connected: connected.promise,
    async offer(packagesAvailable) {
      await (await connected.promise).send({ packagesAvailable });
      return outcome.promise;
    },
    [Symbol.asyncDispose]: () => server.close(),
  };
}

interface AgentProcess extends AsyncDisposable {
  readonly pid: number;
  readonly exited: Promise<unknown>;
  /** Where the content is; the agent says so once it has all of it. */
  path(): Promise<string>;
}

function startAgent(serverUrl: string): AgentProcess {
  const directory = mkdtempSync(join(tmpdir(), "opamp-soak-"));
  const program = fileURLToPath(new URL("package-agent.ts", import.meta.url));
  const args = ["--conditions=@opamp/source", program, serverUrl, directory];
  const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
  const exited = once(child, "exit");
  return {
    pid: child.pid ?? 0,
    exited,
    async path() {
      const [line] = await once(createInterface({ input: child.stdout }), "line");
      return line;
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await exited;
      rmSync(directory, { recursive: true });
    },
  };
}

async function hashOf(path: string): Promise<Buffer> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest();
}

function mb(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

import { createSecureContext, type SecureContext } from "node:tls";
import { createAgentCrowd } from "@opamp/test-kit";
import { type Comparison, compare } from "../compare.ts";
import { cpuSeconds, residentBytes } from "../process-usage.ts";
import type { Result } from "../result.ts";
import {
  bareTls,
  oursSetForMemory,
  type ServerOptions,
  type ServerProgram,
  startServer,
} from "../server-process.ts";
import { settle } from "../settle.ts";
import { createTlsFiles } from "../tls-files.ts";

export interface MemorySuiteOptions extends Comparison {
  /** Ascending: each is reached from the one before. */
  readonly counts: readonly number[];
  /** With TLS, and with compression. */
  readonly costlyCount: number;
}

const WARM_UP_CONNECTIONS = 50;

interface Setting {
  readonly counts: readonly number[];
  readonly server: ServerOptions;
  readonly secureContext?: SecureContext;
  /** What is different from the same without it. */
  readonly note?: string;
}

/** Server: memory per connection and per agent, and CPU per connection made. */
export async function measureMemory(options: MemorySuiteOptions): Promise<readonly Result[]> {
  const { counts, costlyCount } = options;
  await using tls = await createTlsFiles();
  const secureContext = createSecureContext({ ca: tls.ca });
  const costly = [costlyCount];
  const withTls = { counts: costly, server: { tls }, secureContext };
  const setForMemory = { ...withTls, note: ", set for memory" };
  const withoutMlKem = {
    ...withTls,
    secureContext: createSecureContext({ ca: tls.ca, ecdhCurve: "X25519" }),
    note: ", set for memory, agents without ML-KEM",
  };
  return [
    ...(await measureSetting(options, { counts, server: {} })),
    ...(await measureSetting(options, { counts, server: { tracker: true } })),
    ...(await measureSetting(options, withTls)),
    ...(await measureSetting({ ...options, theirs: bareTls }, withTls)),
    ...(await measureSetting({ ...options, mine: oursSetForMemory }, setForMemory)),
    ...(await measureSetting({ ...options, mine: oursSetForMemory }, withoutMlKem)),
    ...(await measureSetting(options, { counts: costly, server: { compression: true } })),
  ];
}

async function measureSetting(
  options: MemorySuiteOptions,
  setting: Setting,
): Promise<readonly Result[]> {
  const { counts, server, note = "" } = setting;
  const of = await compare(options, (program) => measureProgram(program, setting));
  const memory = counts.map((count) => ({
    what: `memory per ${nameOf(server)}${note}, ${count.toLocaleString("en-US")} connected`,
    unit: "KB",
    lessIsBetter: true,
    ...of(`${count}`),
  }));
  if (server.tracker === true || server.compression === true) return memory;
  const how = server.tls === undefined ? "" : ` with TLS${note}`;
  const accepted: Result = {
    what: `WebSockets opened${how}, first message answered`,
    unit: "per CPU second",
    lessIsBetter: false,
    ...of("acceptedPerCpuSecond"),
  };
  return [...memory, accepted];
}

function nameOf({ tracker, tls, compression }: ServerOptions): string {
  if (tracker === true) return "agent tracked in full";
  if (tls !== undefined) return "idle WebSocket with TLS";
  if (compression === true) return "idle WebSocket with permessage-deflate";
  return "idle WebSocket";
}

async function measureProgram(
  program: ServerProgram,
  { counts, server: options, secureContext }: Setting,
): Promise<Readonly<Record<string, number>>> {
  await using server = await startServer(program, options);
  const { compression = false } = options;
  const first = options.tracker === true ? "full report" : "heartbeat";
  const address = { port: server.port, compression, ...(secureContext && { secureContext }) };
  {
    await using warm = createAgentCrowd(address);
    await warm.grow(WARM_UP_CONNECTIONS, first);
  }
  await settle();
  const before = residentBytes(server.pid);
  const cpuBefore = cpuSeconds(server.pid);
  let cpu = 0;
  const measured: Record<string, number> = {};
  await using crowd = createAgentCrowd(address);
  for (const count of counts) {
    await crowd.grow(count - crowd.size, first);
    cpu = cpuSeconds(server.pid) - cpuBefore;
    await settle();
    measured[`${count}`] = (residentBytes(server.pid) - before) / 1024 / count;
  }
  return { ...measured, acceptedPerCpuSecond: crowd.size / cpu };
}

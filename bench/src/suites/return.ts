import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Latencies } from "@opamp/test-kit";
import { type Comparison, compare } from "../compare.ts";
import { cpuSeconds, peakResidentBytes } from "../process-usage.ts";
import type { KnownMessage } from "../programs/returning-agents.ts";
import type { Result } from "../result.ts";
import { type ServerProgram, startServer } from "../server-process.ts";

export interface ReturnSuiteOptions extends Comparison {
  readonly agents: number;
  /** The agents are spread over so many: a process has 20,000 files at most. */
  readonly processes: number;
  /** From the server's death to the start of another. */
  readonly outageMs: number;
  /** How long they may take to come back. */
  readonly limitMs: number;
}

const program = fileURLToPath(new URL("../programs/returning-agents.ts", import.meta.url));

/** Server: how a whole fleet comes back to a server that was killed and started anew. */
export async function measureReturn(options: ReturnSuiteOptions): Promise<readonly Result[]> {
  const of = await compare(options, (server) => measureProgram(server, options));
  const count = options.agents.toLocaleString("en-US");
  const row = (what: string, unit: string, key: Measure): Result => ({
    what: `${what}, ${count} agents come back`,
    unit,
    lessIsBetter: true,
    ...of(key),
  });
  return [
    row("until the last is known in full", "s", "seconds"),
    row("handshake, p99", "ms", "handshakeMs"),
    row("answer, p99", "ms", "answerMs"),
    row("CPU per agent", "CPU µs", "cpuMicroseconds"),
    row("most memory taken", "MB", "peakMegabytes"),
  ];
}

type Measure = "seconds" | "handshakeMs" | "answerMs" | "cpuMicroseconds" | "peakMegabytes";

async function measureProgram(
  serverProgram: ServerProgram,
  options: ReturnSuiteOptions,
): Promise<Readonly<Record<Measure, number>>> {
  const { agents, outageMs, limitMs } = options;
  await using first = await startServer(serverProgram, { tracker: true });
  const { port } = first;
  await using fleet = startFleet(port, options);
  await fleet.known(limitMs);
  await first.kill();
  await new Promise((resolve) => setTimeout(resolve, outageMs));
  await using second = await startServer(serverProgram, { tracker: true, port });
  const startMs = Date.now();
  const known = await fleet.known(limitMs);
  const inFull = await second.countInFull();
  if (inFull !== agents) throw new Error(`${inFull} of ${agents} agents are known in full`);
  const handshakes = new Latencies(known.flatMap(({ handshakes }) => handshakes));
  const answers = new Latencies(known.flatMap(({ answers }) => answers));
  return {
    seconds: (Math.max(...known.map(({ atMs }) => atMs)) - startMs) / 1000,
    handshakeMs: handshakes.percentile(99),
    answerMs: answers.percentile(99),
    cpuMicroseconds: (cpuSeconds(second.pid) / agents) * 1e6,
    peakMegabytes: peakResidentBytes(second.pid) / 1e6,
  };
}

interface FleetProcesses extends AsyncDisposable {
  /** Resolves when all are known in full. */
  known(limitMs: number): Promise<readonly KnownMessage[]>;
}

function startFleet(port: number, { agents, processes }: ReturnSuiteOptions): FleetProcesses {
  const children = Array.from({ length: processes }, (_, i) => {
    const count = Math.floor((agents + i) / processes);
    // Each process has an address of its own, and with it all ports.
    return fork(program, [port, count, `127.0.0.${i + 2}`].map(String));
  });
  return {
    known: (limitMs) =>
      Promise.all(
        children.map(async (child) => {
          child.send("known?");
          const [known] = await once(child, "message", { signal: AbortSignal.timeout(limitMs) });
          return known;
        }),
      ),
    async [Symbol.asyncDispose]() {
      await Promise.all(
        children.map(async (child) => {
          const exited = once(child, "exit");
          child.disconnect();
          await exited;
        }),
      );
    },
  };
}

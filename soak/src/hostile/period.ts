import { Latencies } from "@opamp/test-kit";
import { memoryOf } from "../process-memory.ts";
import type { ServerCondition } from "../programs/guarded-server.ts";
import type { AttackDone } from "./attack.ts";
import type { Program } from "./program.ts";

/** The three that meet. */
export interface Parties {
  readonly server: Program;
  readonly good: Program;
  readonly hostile: Program;
}

/** What was noticed in one stretch of time. */
export interface Period {
  /** From when a heartbeat was due to its answer. */
  readonly p99Ms: number;
  /** CPU time of the longest turn but those of one in a hundred. */
  readonly turnP99Ms: number;
  /** CPU time of the server, of one processor. */
  readonly cpuShare: number;
  readonly residentBytes: number;
  /** What the attacker did per second. */
  readonly attack: AttackDone;
}

/** No attack. */
export const NONE = -1;

/** Measures beside an attack, by its number. */
export async function measurePeriod(
  { server, good, hostile }: Parties,
  { attack, durationMs }: { readonly attack: number; readonly durationMs: number },
): Promise<Period> {
  await hostile.ask(attack);
  await server.ask(0);
  const startMs = performance.now();
  const latencies = new Latencies((await good.ask(durationMs)) as readonly number[]);
  const passedS = (performance.now() - startMs) / 1000;
  const { turnP99Ms, cpuS } = (await server.ask(0)) as ServerCondition;
  const done = (await hostile.ask(NONE)) as AttackDone;
  return {
    p99Ms: latencies.percentile(99),
    turnP99Ms,
    cpuShare: cpuS / passedS,
    residentBytes: memoryOf(server.pid).residentBytes,
    attack: { connections: done.connections / passedS, bytes: done.bytes / passedS },
  };
}

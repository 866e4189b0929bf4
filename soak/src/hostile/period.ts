import { setTimeout as wait } from "node:timers/promises";
import { Latencies } from "@opamp/test-kit";
import { memoryOf } from "../process-memory.ts";
import type { ServerCondition } from "../programs/guarded-server.ts";
import type { AttackDone } from "./attack.ts";
import { readCpuTime, shareElsewhere } from "./cpu-time.ts";
import type { Program } from "./program.ts";

/** The three that meet, and who else belongs to us. */
export interface Parties {
  readonly server: Program;
  readonly good: Program;
  readonly hostile: Program;
  readonly awake: readonly Program[];
}

/** What to measure. */
export interface Stretch {
  /** By its number. */
  readonly attack: number;
  readonly durationMs: number;
  /** How often it may be measured again. */
  readonly maxDiscarded: number;
}

/** What was noticed in one stretch of time. */
export interface Period {
  /** From when a heartbeat was due to its answer. */
  readonly p99Ms: number;
  /** What 99 of 100 messages had to wait at most for the end of a turn of the server: CPU time. */
  readonly turnP99Ms: number;
  /** CPU time of the server, of one processor. */
  readonly cpuShare: number;
  readonly residentBytes: number;
  /** What the attacker did per second. */
  readonly attack: AttackDone;
  /** Of the CPU time of all processors, what other programs got, and other machines of the host. */
  readonly elsewhereShare: number;
  /** How many periods were thrown away for this one. */
  readonly discarded: number;
}

/** No attack. */
export const NONE = -1;

/** A period of which others got more says more about them than about the server. */
const MAX_ELSEWHERE_SHARE = 0.02;

/** Until what an attack has left behind is gone. */
const SETTLE_MS = 500;

/** Measures, again while others disturb it, but not without end: the least disturbed counts. */
export async function measureCalmPeriod(parties: Parties, stretch: Stretch): Promise<Period> {
  let calmest = await measurePeriod(parties, stretch);
  let discarded = 0;
  while (calmest.elsewhereShare > MAX_ELSEWHERE_SHARE && discarded < stretch.maxDiscarded) {
    discarded += 1;
    const period = await measurePeriod(parties, stretch);
    if (period.elsewhereShare < calmest.elsewhereShare) calmest = period;
  }
  return { ...calmest, discarded };
}

async function measurePeriod(
  { server, good, hostile, awake }: Parties,
  { attack, durationMs }: Stretch,
): Promise<Period> {
  const pids = [process.pid, ...[server, good, hostile, ...awake].map(({ pid }) => pid)];
  await hostile.ask(attack);
  await server.ask(0);
  const cpuTime = readCpuTime(pids);
  const startMs = performance.now();
  const latencies = new Latencies((await good.ask(durationMs)) as readonly number[]);
  const passedS = (performance.now() - startMs) / 1000;
  const elsewhereShare = shareElsewhere(cpuTime, readCpuTime(pids));
  const { turnP99Ms, cpuS } = (await server.ask(0)) as ServerCondition;
  const done = (await hostile.ask(NONE)) as AttackDone;
  const { residentBytes } = memoryOf(server.pid);
  await wait(SETTLE_MS);
  return {
    p99Ms: latencies.percentile(99),
    turnP99Ms,
    cpuShare: cpuS / passedS,
    residentBytes,
    attack: { connections: done.connections / passedS, bytes: done.bytes / passedS },
    elsewhereShare,
    discarded: 0,
  };
}

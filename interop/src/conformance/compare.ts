import { type ConformanceReport, describeFailure } from "@opamp/conformance";
import { examine, type Result, type Task, tasksOf } from "./examine.ts";
import { forEachOf } from "./for-each-of.ts";
import { byChance } from "./not-applicable.ts";
import type { ExaminedPeer, OpenPeer } from "./peers.ts";
import { outcomeIn } from "./record.ts";

/** How the cases came out over a peer, and which of them otherwise than recorded. */
export interface Comparison {
  readonly results: readonly Result[];
  readonly changes: readonly Result[];
}

/** Cases at a time; most of their time is waiting. */
const CONCURRENCY = 4;
const DEADLINE_MS = 14_000;
/** For a case that came out otherwise than recorded: alone, and with time, so that a busy machine counts for nothing. */
const AGAIN_DEADLINE_MS = 24_000;
const AGAIN_TIMES = 2;
/** How often a case that fails by chance is given the chance. */
const CHANCE_TIMES = 10;

/** Examines a peer, and compares with what was recorded. */
export async function compare(
  peer: ExaminedPeer,
  record: ConformanceReport | undefined,
): Promise<Comparison> {
  await using open = peer.open();
  await open.warm(CONCURRENCY);
  const { notApplicable } = peer;
  const first = await forEachOf(tasksOf(peer), CONCURRENCY, (task) =>
    examine(open, task, { deadlineMs: DEADLINE_MS, notApplicable }),
  );
  const results: Result[] = [];
  for (const result of first) results.push(await settled(open, result, { peer, record }));
  return { results, changes: results.filter((result) => isChanged(result, { peer, record })) };
}

interface Expectation {
  readonly peer: ExaminedPeer;
  readonly record: ConformanceReport | undefined;
}

/** A result; one that is not as recorded is tried again, and one that fails by chance until it does. */
async function settled(
  open: OpenPeer,
  first: Result,
  { peer, record }: Expectation,
): Promise<Result> {
  let result = first;
  const options = { deadlineMs: AGAIN_DEADLINE_MS, notApplicable: peer.notApplicable };
  const chance = failsByChance(result, peer);
  const times = chance ? CHANCE_TIMES : AGAIN_TIMES;
  const isUnexpected = (): boolean =>
    chance
      ? result.outcome === "passed"
      : record !== undefined && isChanged(result, { peer, record });
  for (let again = 0; again < times && isUnexpected(); again += 1) {
    result = await examine(open, taskOf(result), options);
  }
  return result;
}

function isChanged(result: Result, { peer, record }: Expectation): boolean {
  return !failsByChance(result, peer) && outcomeIn(record, result) !== result.outcome;
}

function failsByChance(result: Result, { id }: ExaminedPeer): boolean {
  return byChance[id]?.includes(result.case.id) ?? false;
}

function taskOf({ case: one, transport }: Result): Task {
  return { case: one, transport };
}

/** One line about a change, and the frames of a failure. */
export function describeChange(result: Result, record: ConformanceReport | undefined): string {
  const before = outcomeIn(record, result) ?? "not recorded";
  const { outcome, transport } = result;
  const { id, requirements } = result.case;
  const line = `${id} over ${transport} [${requirements.join(" ")}]: ${outcome}, was ${before}`;
  if (result.outcome === "failed") return `${line}\n${describeFailure(result.error, result.trace)}`;
  return result.outcome === "skipped" ? `${line}: ${result.reason}` : line;
}

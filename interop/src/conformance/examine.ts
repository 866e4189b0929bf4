import {
  type CaseResult,
  type ClientCase,
  type ConformanceCase,
  clientCases,
  runClientCase,
  runServerCase,
  type ServerCase,
  serverCases,
  type TransportName,
} from "@opamp/conformance";
import type { NotApplicable } from "./not-applicable.ts";
import type { ExaminedPeer, OpenPeer } from "./peers.ts";

export type Result = CaseResult<ConformanceCase>;

/** A case over one transport. */
export interface Task {
  readonly case: ConformanceCase;
  readonly transport: TransportName;
}

/** Everything that a peer is examined for, in the order of the suite. */
export function tasksOf({ side, transports }: ExaminedPeer): readonly Task[] {
  const cases: readonly ConformanceCase[] = side === "client" ? clientCases : serverCases;
  return transports.flatMap((transport) =>
    cases.flatMap((one) => (one.transports.includes(transport) ? [{ case: one, transport }] : [])),
  );
}

export interface ExamineOptions {
  readonly deadlineMs: number;
  readonly notApplicable: NotApplicable;
}

/** Runs one case over a peer. */
export async function examine(
  peer: OpenPeer,
  { case: one, transport }: Task,
  { deadlineMs, notApplicable }: ExamineOptions,
): Promise<Result> {
  const reason = notApplicable[one.id] ?? notApplicable[`${transport}/${one.id}`];
  if (reason !== undefined) {
    return { case: one, transport, durationMs: 0, outcome: "skipped", reason };
  }
  const options = { transport, deadlineMs };
  const result =
    peer.side === "client"
      ? await runClientCase(one as ClientCase, peer.subject, options)
      : await runServerCase(one as ServerCase, peer.subject, options);
  return withoutConsequence(result);
}

/** The ids that are about the report of the full state, which other cases use to see how far a client is. */
const aboutFullState: readonly string[] = ["C-57", "C-58", "C-59", "W-25"];

const fullStateMissing = /^(a report of the full state|a later message of the client) did not come/;

/** A client that does not report its full state when asked fails for that, and for nothing else by it. */
function withoutConsequence(result: Result): Result {
  if (result.outcome !== "failed" || !(result.error instanceof Error)) return result;
  const isAbout = result.case.requirements.some((id) => aboutFullState.includes(id));
  if (isAbout || !fullStateMissing.test(result.error.message)) return result;
  const { case: one, transport, durationMs } = result;
  const reason = "inconclusive: it needs the report of the full state that did not come";
  return { case: one, transport, durationMs, outcome: "skipped", reason };
}

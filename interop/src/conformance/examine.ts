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
  return peer.side === "client"
    ? runClientCase(one as ClientCase, peer.subject, options)
    : runServerCase(one as ServerCase, peer.subject, options);
}

import type { LessonId } from "../lessons.ts";
import type { TransportName } from "../raw/transport-name.ts";
import type { RequirementId } from "../requirements.ts";

/** What came of a run, as plain data: this is what `--format json` writes. */
export interface ConformanceReport {
  /** The specification that the requirements are taken from. */
  readonly specification: string;
  /** Who was examined. */
  readonly subject: string;
  readonly side: "client" | "server";
  readonly transports: readonly TransportName[];
  readonly totals: Totals;
  /** Each requirement that a case is about, in the order of the specification; lessons come last. */
  readonly requirements: readonly RequirementReport[];
  readonly cases: readonly CaseReport[];
}

/** How many requirements came out in which way. */
export interface Totals {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Of those that failed: broken MUSTs. */
  readonly errors: number;
  /** Of those that failed: broken SHOULDs. */
  readonly warnings: number;
  /** Of those that failed: all others. */
  readonly notes: number;
  /** Not of requirements: how many cases there were, each once per transport. */
  readonly cases: number;
}

export type Outcome = "passed" | "failed" | "skipped";

/**
 * How much a failure weighs: a broken MUST is an error, a broken SHOULD or a broken statement in
 * lower case a warning, all else a note.
 */
export type Weight = "error" | "warning" | "note";

/** How a requirement came out. It fails with any of its cases, and passes with one if none fails. */
export interface RequirementReport {
  readonly id: RequirementId | LessonId;
  /** As in the specification; "lesson" for what is learned from the field. */
  readonly strength: string;
  readonly weight: Weight;
  /** The conforming behaviour. */
  readonly requirement: string;
  /** Section and lines of the specification; empty for a lesson. */
  readonly section: string;
  readonly outcome: Outcome;
  /** Why it was skipped. */
  readonly reason?: string;
  /** The cases about it. */
  readonly cases: readonly string[];
}

/** How a case came out over one transport. */
export interface CaseReport {
  readonly id: string;
  readonly transport: TransportName;
  /** The behaviour, as a sentence about the subject. */
  readonly title: string;
  readonly outcome: Outcome;
  readonly durationMs?: number;
  /** Why it was skipped, or what was not as required. */
  readonly reason?: string;
  /** What the raw peers sent and received, one line each; only of a failure. */
  readonly frames?: readonly string[];
}

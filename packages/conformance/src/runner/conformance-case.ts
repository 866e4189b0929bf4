import type { LessonId } from "../lessons.ts";
import type { TransportName } from "../raw/transport-name.ts";
import type { RequirementId } from "../requirements.ts";
import type { ClientCaseContext } from "./client-case-context.ts";
import type { ServerCaseContext } from "./server-case-context.ts";

interface CaseInfo {
  /** Unique among all cases. */
  readonly id: string;
  /** The behaviour, as a sentence about the subject. */
  readonly title: string;
  readonly transports: readonly TransportName[];
  /** What the case proves: it fails when one of these is broken. */
  readonly requirements: readonly (RequirementId | LessonId)[];
  /** How long it may take, in milliseconds, when that is longer than usual. */
  readonly deadlineMs?: number;
}

/** A behaviour of a server. */
export interface ServerCase extends CaseInfo {
  readonly side: "server";
  /** Rejects when the behaviour is not as required. */
  run(context: ServerCaseContext): Promise<void>;
}

/** A behaviour of a client. */
export interface ClientCase extends CaseInfo {
  readonly side: "client";
  /** Rejects when the behaviour is not as required. */
  run(context: ClientCaseContext): Promise<void>;
}

export type ConformanceCase = ServerCase | ClientCase;

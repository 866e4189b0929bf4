import { WaitTimeoutError } from "../raw/recording.ts";
import { describeTraceEntry, type TraceEntry } from "../raw/trace.ts";
import type { TransportName } from "../raw/transport-name.ts";
import { createCleanup } from "./cleanup.ts";
import {
  createClientCaseContext,
  type ListenOptions,
  type OpenClientCaseContext,
} from "./client-case-context.ts";
import type { ClientSubject } from "./client-subject.ts";
import type { ClientCase, ServerCase } from "./conformance-case.ts";
import { withDeadline } from "./deadline.ts";
import { forEachOf } from "./for-each-of.ts";
import { NotSupportedError } from "./not-supported-error.ts";
import { PrerequisiteError } from "./prerequisite-error.ts";
import { type ContextParts, createServerCaseContext } from "./server-case-context.ts";
import type { ServerSubject } from "./server-subject.ts";

/** How a case ended. */
export type CaseOutcome =
  | { readonly outcome: "passed" }
  /** The error, and everything that the raw peers sent and received. */
  | {
      readonly outcome: "failed";
      readonly error: unknown;
      readonly trace: readonly TraceEntry[];
    }
  | { readonly outcome: "skipped"; readonly reason: string };

export type CaseResult<C> = CaseOutcome & {
  readonly case: C;
  readonly transport: TransportName;
  readonly durationMs: number;
};

export interface RunOptions {
  readonly transport: TransportName;
  /**
   * How long a case may take, in milliseconds; those that name more have that. Single waits in a
   * case have five eighths of it. @default 8000
   */
  readonly deadlineMs?: number;
  /** How many cases run at a time. @default 1 */
  readonly concurrency?: number;
}

export interface ClientRunOptions extends RunOptions {
  /** Where the raw server of a case listens. With a port, one case can run at a time. */
  readonly listen?: ListenOptions;
}

/** Runs cases about a server; those for other transports are left out. */
export async function runServerCases(
  cases: readonly ServerCase[],
  subject: ServerSubject,
  options: RunOptions,
): Promise<readonly CaseResult<ServerCase>[]> {
  return runAll(cases, options, (one) => runServerCase(one, subject, options));
}

/** Runs cases about a client; those for other transports are left out. */
export async function runClientCases(
  cases: readonly ClientCase[],
  subject: ClientSubject,
  options: ClientRunOptions,
): Promise<readonly CaseResult<ClientCase>[]> {
  return runAll(cases, options, (one) => runClientCase(one, subject, options));
}

/** Runs one case about a server. */
export function runServerCase(
  one: ServerCase,
  subject: ServerSubject,
  options: RunOptions,
): Promise<CaseResult<ServerCase>> {
  return runCase(one, options, (parts) =>
    limited(one, one.run(createServerCaseContext(subject, parts)), options),
  );
}

/** Runs one case about a client. */
export function runClientCase(
  one: ClientCase,
  subject: ClientSubject,
  options: ClientRunOptions,
): Promise<CaseResult<ClientCase>> {
  return runCase(one, options, async (parts) => {
    const context = createClientCaseContext(subject, parts, options.listen);
    try {
      await limited(one, one.run(context), { ...options, startMs: subject.startMs ?? 0 });
    } catch (error) {
      throw subject.keepsOwnPace === true ? judge(error, context, options) : error;
    }
  });
}

/** What happened, for a human: the error and the frames. */
export function describeFailure(error: unknown, trace: readonly TraceEntry[]): string {
  const reason = error instanceof Error ? error.message : String(error);
  return [reason, ...trace.map(describeTraceEntry)].join("\n");
}

async function runAll<C extends ServerCase | ClientCase>(
  cases: readonly C[],
  { transport, concurrency = 1 }: RunOptions,
  run: (one: C) => Promise<CaseResult<C>>,
): Promise<readonly CaseResult<C>[]> {
  const chosen = cases.filter(({ transports }) => transports.includes(transport));
  return forEachOf(chosen, concurrency, run);
}

/** For a case that names no more, in milliseconds. */
export const DEFAULT_DEADLINE_MS = 8000;

async function runCase<C extends ServerCase | ClientCase>(
  one: C,
  { transport, deadlineMs = DEFAULT_DEADLINE_MS }: RunOptions,
  run: (parts: ContextParts) => Promise<void>,
): Promise<CaseResult<C>> {
  const startMs = performance.now();
  const trace: TraceEntry[] = [];
  const parts: ContextParts = {
    transport,
    cleanup: createCleanup(),
    waitMs: waitMsOf(deadlineMs),
    trace: (direction, what, bytes = new Uint8Array()) =>
      trace.push({ atMs: performance.now() - startMs, direction, what, bytes }),
  };
  const outcome = await outcomeOf(one, () => run(parts), trace);
  await parts.cleanup.run();
  return { ...outcome, case: one, transport, durationMs: performance.now() - startMs };
}

/** The work of a case, for as long as it may take. */
function limited(
  one: ServerCase | ClientCase,
  work: Promise<void>,
  { deadlineMs = DEFAULT_DEADLINE_MS, startMs = 0 }: RunOptions & { readonly startMs?: number },
): Promise<void> {
  const caseMs = Math.max(one.deadlineMs ?? 0, deadlineMs) + startMs;
  return withDeadline(work, caseMs, `the case was not over after ${caseMs} ms`);
}

function waitMsOf(deadlineMs: number): number {
  return (deadlineMs * 5) / 8;
}

/** The longest that a client waits by itself is taken to be this, in milliseconds. */
const OWN_PACE_MS = 60_000;

/** Lets a short wait for a client that is not connected, and keeps its own pace, count for nothing. */
function judge(
  error: unknown,
  context: OpenClientCaseContext,
  { deadlineMs = DEFAULT_DEADLINE_MS }: RunOptions,
): unknown {
  const isWait =
    error instanceof WaitTimeoutError ||
    (error instanceof PrerequisiteError && error.cause instanceof WaitTimeoutError);
  const tooShort = isWait && waitMsOf(deadlineMs) < OWN_PACE_MS;
  if (!tooShort || context.isConnected()) return error;
  return new NotSupportedError(
    `inconclusive: ${error.message}; the client may come back or poll later than that, see --deadline-ms`,
  );
}

async function outcomeOf(
  one: ServerCase | ClientCase,
  run: () => Promise<void>,
  trace: readonly TraceEntry[],
): Promise<CaseOutcome> {
  try {
    await run();
    return { outcome: "passed" };
  } catch (error) {
    const reason = reasonToSkip(one, error);
    return reason === undefined
      ? { outcome: "failed", error, trace: [...trace] }
      : { outcome: "skipped", reason };
  }
}

function reasonToSkip(
  { requirements }: ServerCase | ClientCase,
  error: unknown,
): string | undefined {
  if (error instanceof NotSupportedError) return error.message;
  const isOfAnother =
    error instanceof PrerequisiteError && !requirements.includes(error.requirement);
  return isOfAnother ? `inconclusive: ${error.message} (${error.requirement})` : undefined;
}

import { describeTraceEntry, type TraceEntry } from "../raw/trace.ts";
import type { TransportName } from "../raw/transport-name.ts";
import { createCleanup } from "./cleanup.ts";
import { createClientCaseContext } from "./client-case-context.ts";
import type { ClientSubject } from "./client-subject.ts";
import type { ClientCase, ServerCase } from "./conformance-case.ts";
import { NotSupportedError } from "./not-supported-error.ts";
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
}

/** Runs cases about a server, one after the other; those for other transports are left out. */
export async function runServerCases(
  cases: readonly ServerCase[],
  subject: ServerSubject,
  options: RunOptions,
): Promise<readonly CaseResult<ServerCase>[]> {
  return inOrder(cases, options, (one) => runServerCase(one, subject, options));
}

/** Runs cases about a client, one after the other; those for other transports are left out. */
export async function runClientCases(
  cases: readonly ClientCase[],
  subject: ClientSubject,
  options: RunOptions,
): Promise<readonly CaseResult<ClientCase>[]> {
  return inOrder(cases, options, (one) => runClientCase(one, subject, options));
}

/** Runs one case about a server. */
export function runServerCase(
  one: ServerCase,
  subject: ServerSubject,
  options: RunOptions,
): Promise<CaseResult<ServerCase>> {
  return runCase(one, options, (parts) => one.run(createServerCaseContext(subject, parts)));
}

/** Runs one case about a client. */
export function runClientCase(
  one: ClientCase,
  subject: ClientSubject,
  options: RunOptions,
): Promise<CaseResult<ClientCase>> {
  return runCase(one, options, (parts) => one.run(createClientCaseContext(subject, parts)));
}

/** What happened, for a human: the error and the frames. */
export function describeFailure(error: unknown, trace: readonly TraceEntry[]): string {
  const reason = error instanceof Error ? error.message : String(error);
  return [reason, ...trace.map(describeTraceEntry)].join("\n");
}

async function inOrder<C extends ServerCase | ClientCase>(
  cases: readonly C[],
  { transport }: RunOptions,
  run: (one: C) => Promise<CaseResult<C>>,
): Promise<readonly CaseResult<C>[]> {
  const results: CaseResult<C>[] = [];
  for (const one of cases) {
    if (one.transports.includes(transport)) results.push(await run(one));
  }
  return results;
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
    waitMs: (deadlineMs * 5) / 8,
    trace: (direction, what, bytes = new Uint8Array()) =>
      trace.push({ atMs: performance.now() - startMs, direction, what, bytes }),
  };
  const outcome = await outcomeOf(
    () => withDeadline(run(parts), Math.max(one.deadlineMs ?? 0, deadlineMs)),
    trace,
  );
  await parts.cleanup.run();
  return { ...outcome, case: one, transport, durationMs: performance.now() - startMs };
}

async function outcomeOf(
  run: () => Promise<void>,
  trace: readonly TraceEntry[],
): Promise<CaseOutcome> {
  try {
    await run();
    return { outcome: "passed" };
  } catch (error) {
    return error instanceof NotSupportedError
      ? { outcome: "skipped", reason: error.message }
      : { outcome: "failed", error, trace: [...trace] };
  }
}

async function withDeadline(work: Promise<void>, deadlineMs: number): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(new Error(`the case was not over after ${deadlineMs} ms`));
  }, deadlineMs);
  try {
    await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}

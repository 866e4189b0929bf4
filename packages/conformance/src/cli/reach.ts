import { type TransportName, transportNames } from "../raw/transport-name.ts";
import type { ConformanceCase } from "../runner/conformance-case.ts";
import type { CaseResult } from "../runner/run-cases.ts";
import { UsageError } from "./usage-error.ts";

/** Whether a subject can be reached over a transport, or why not. */
export interface Reach {
  readonly transport: TransportName;
  readonly obstacle: string | undefined;
}

/**
 * Tries the transport that is asked for, or both. Throws a `UsageError` when the subject cannot be
 * reached over any.
 */
export async function findReach(
  subject: string,
  asked: TransportName | undefined,
  greet: (transport: TransportName) => Promise<void>,
): Promise<readonly Reach[]> {
  const reaches: Reach[] = [];
  for (const transport of asked === undefined ? transportNames : [asked]) {
    reaches.push({ transport, obstacle: await obstacleOf(greet(transport)) });
  }
  if (reaches.some(({ obstacle }) => obstacle === undefined)) return reaches;
  const obstacles = reaches.map(({ obstacle, transport }) => `\n  over ${transport}: ${obstacle}`);
  throw new UsageError(`${subject} cannot be examined${obstacles.join("")}`);
}

/** The cases over a transport that the subject does not speak. */
export function skipAll<C extends ConformanceCase>(
  cases: readonly C[],
  transport: TransportName,
  obstacle: string,
): readonly CaseResult<C>[] {
  const reason = `not reached over ${transport}: ${obstacle}`;
  return cases
    .filter(({ transports }) => transports.includes(transport))
    .map((one) => ({ outcome: "skipped", reason, case: one, transport, durationMs: 0 }));
}

async function obstacleOf(greeting: Promise<void>): Promise<string | undefined> {
  try {
    await greeting;
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}

/** Why something failed; of several addresses that were tried, the first. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return reasonOf(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}

/**
 * Two agents with one uid show as two sequences that take turns (S-146). One message that comes late
 * or twice takes two turns; that many are needed before it counts.
 */
const TURNS = 5;

/** After so many messages in order, earlier turns were something else. */
const CALM = 16;

/** Turns taken so far. */
export interface Interleaving {
  /** The number with which the sequence that was interrupted would go on. */
  readonly resumesAt: bigint;
  readonly turns: number;
  /** Messages in order since the last turn. */
  readonly inOrder: number;
}

/** What is suspected after one more message. */
export function suspect(
  before: Interleaving | undefined,
  received: bigint,
  expected: bigint,
): Interleaving | undefined {
  if (received === expected) return before && calmer(before);
  const resumed = before?.resumesAt === received;
  return {
    resumesAt: expected,
    turns: resumed ? before.turns + 1 : (before?.turns ?? 0),
    inOrder: 0,
  };
}

/** Whether there were enough turns for two agents. */
export function isInterleaved(interleaving: Interleaving | undefined): boolean {
  return interleaving !== undefined && interleaving.turns >= TURNS;
}

function calmer(before: Interleaving): Interleaving | undefined {
  if (before.inOrder + 1 >= CALM) return undefined;
  return { ...before, inOrder: before.inOrder + 1 };
}

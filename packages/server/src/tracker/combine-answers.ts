import type { ServerToAgentInit } from "@opamp/protocol";

/** An answer, and what of the tracker's part of it is not in it. */
export interface CombinedAnswer {
  readonly answer: ServerToAgentInit;
  readonly leftOut: ServerToAgentInit;
}

const empty: ServerToAgentInit = {};

/**
 * What the tracker has to say, and what the application adds to it: where both say something, the
 * application's goes out. An error or a command of it goes alone (S-116, S-120).
 */
export function combineAnswers(
  tracker: ServerToAgentInit,
  extra: ServerToAgentInit,
): CombinedAnswer {
  if (extra.errorResponse ?? extra.command) return { answer: extra, leftOut: tracker };
  const leftOut = Object.fromEntries(
    Object.entries(tracker).filter(([name]) => name !== "flags" && name in extra),
  );
  const flags = (tracker.flags ?? 0n) | (extra.flags ?? 0n);
  const answer = { ...tracker, ...extra, ...(flags !== 0n && { flags }) };
  return { answer, leftOut: Object.keys(leftOut).length === 0 ? empty : leftOut };
}

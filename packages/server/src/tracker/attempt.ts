/** Something that an agent was told, and may have to be told again. */
export interface Attempt {
  /** 0 when it is yet to be told. */
  readonly attempts: number;
  /** When it was told last. */
  readonly atMs: number;
  /** In answer to which message. */
  readonly atSequence: bigint;
  /** On which connection. */
  readonly link: string;
}

/** When and on which connection something is told. */
export interface Moment {
  readonly nowMs: number;
  readonly sequenceNum: bigint;
  readonly link: string;
}

/** How long to wait before something is told again: twice as long each time, up to a limit. */
export interface Spacing {
  readonly firstMs: number;
  readonly maxMs: number;
}

/** The attempt after one more. */
export function attemptAgain(before: Attempt | undefined, moment: Moment): Attempt {
  return {
    attempts: (before?.attempts ?? 0) + 1,
    atMs: moment.nowMs,
    atSequence: moment.sequenceNum,
    link: moment.link,
  };
}

/** Whether enough time has passed to tell it again. */
export function isOverdue({ attempts, atMs }: Attempt, nowMs: number, spacing: Spacing): boolean {
  const waitMs = Math.min(spacing.maxMs, spacing.firstMs * 2 ** Math.max(0, attempts - 1));
  return nowMs - atMs >= waitMs;
}

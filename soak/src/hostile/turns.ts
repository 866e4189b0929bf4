/**
 * The CPU time of the turns of this process's event loop: what one connection can make the others
 * wait, whatever other programs do.
 */
export interface Turns {
  /**
   * What 99 of 100 messages that came at any moment since the last call did not have to wait for the
   * end of the turn that was under way, in milliseconds. One long turn counts for all that came in it.
   */
  takeP99(): number;
}

/** Measures from now on. */
export function measureTurns(): Turns {
  let turnsMs: number[] = [];
  let beforeMs = cpuMs();
  let startMs = performance.now();
  const next = (): void => {
    const nowMs = cpuMs();
    turnsMs.push(nowMs - beforeMs);
    beforeMs = nowMs;
    setTimeout(next, 0).unref();
  };
  next();
  return {
    takeP99() {
      const passedMs = performance.now() - startMs;
      startMs += passedMs;
      const taken = turnsMs;
      turnsMs = [];
      return exceededFor(taken, passedMs / 100);
    },
  };
}

/** The wait that is exceeded for so long in all: at the start of a turn, all of it is to come. */
export function exceededFor(turnsMs: readonly number[], totalMs: number): number {
  const longestFirst = Float64Array.from(turnsMs).sort().reverse();
  let sumMs = 0;
  for (const [i, turnMs] of longestFirst.entries()) {
    sumMs += turnMs;
    const waitMs = (sumMs - totalMs) / (i + 1);
    if (waitMs >= (longestFirst[i + 1] ?? 0)) return waitMs;
  }
  return 0;
}

function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

import { Latencies } from "@opamp/test-kit";

/**
 * The CPU time of each turn of this process's event loop: what one connection can make the others
 * wait, on any machine and under any load.
 */
export interface Turns {
  /** The 99th percentile since the last call, in milliseconds. */
  takeP99(): number;
}

/** Measures from now on. */
export function measureTurns(): Turns {
  let turns = new Latencies();
  let before = cpuMs();
  const next = (): void => {
    const now = cpuMs();
    turns.add(now - before);
    before = now;
    setTimeout(next, 0).unref();
  };
  next();
  return {
    takeP99() {
      const p99 = turns.percentile(99);
      turns = new Latencies();
      return p99;
    },
  };
}

function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

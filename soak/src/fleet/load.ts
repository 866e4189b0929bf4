import type { FleetAgent } from "./fleet-agent.ts";

export interface Load {
  stop(): void;
}

const TICK_MS = 20;
const CHANGES_PER_TICK = 10;

/** Changes something about one agent after the other, 500 times a second, until it is stopped. */
export function startLoad(agents: readonly FleetAgent[]): Load {
  let next = 0;
  const timer = setInterval(() => {
    for (let i = 0; i < CHANGES_PER_TICK; i += 1) {
      // A step that has no factor in common with their number comes to all of them.
      next = (next + 1237) % agents.length;
      agents[next]?.change(next % 5 === 0 ? "description" : "health");
    }
  }, TICK_MS);
  return { stop: () => clearInterval(timer) };
}

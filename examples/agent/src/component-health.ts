import type { Clock, ComponentHealthInit } from "@opamp/protocol";

/** How one component is doing. `error` is what ails it; without one it is healthy. */
export interface ComponentState {
  readonly status: string;
  readonly error?: string;
}

/** The health of a program that is made of components. */
export interface HealthTree {
  /** Sets the components that there are, each started now. */
  start(names: readonly string[], status: string): void;
  /** Says how a component is doing. Tells nobody when nothing changed. */
  set(name: string, state: ComponentState): void;
  /** The tree as OpAMP reports it: healthy when every component is. */
  report(): ComponentHealthInit;
}

/** Makes a tree without components; `onChange` hears of every change. */
export function createHealthTree(clock: Clock, onChange: () => void): HealthTree {
  const components = new Map<string, ComponentHealthInit>();
  let startedAt = unixNano(clock);
  let changedAt = startedAt;
  return {
    start(names, status) {
      components.clear();
      startedAt = unixNano(clock);
      changedAt = startedAt;
      for (const name of names) components.set(name, component(startedAt, { status }, startedAt));
      onChange();
    },
    set(name, state) {
      const before = components.get(name);
      if (before === undefined) return;
      if (before.status === state.status && before.lastError === (state.error ?? "")) return;
      changedAt = unixNano(clock);
      components.set(name, component(before.startTimeUnixNano, state, changedAt));
      onChange();
    },
    report() {
      const ill = [...components].filter(([, { healthy }]) => !healthy);
      const error = ill.map(([name, { lastError }]) => `${name}: ${lastError}`).join("; ");
      const state = ill.length > 0 ? { status: "degraded", error } : { status: "running" };
      return {
        ...component(startedAt, state, changedAt),
        componentHealthMap: Object.fromEntries(components),
      };
    },
  };
}

function component(
  startTimeUnixNano: bigint | undefined,
  { status, error }: ComponentState,
  statusTimeUnixNano: bigint,
): ComponentHealthInit {
  return {
    healthy: error === undefined,
    lastError: error ?? "",
    status,
    startTimeUnixNano,
    statusTimeUnixNano,
  };
}

function unixNano(clock: Clock): bigint {
  return BigInt(Math.round(clock.now())) * 1_000_000n;
}

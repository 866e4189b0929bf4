import type { Timer } from "@opamp/protocol";
import type { Session } from "./transport/transport.ts";

/** Where a connection is, with what it holds there. Leaving a state releases it. */
export type State =
  | { readonly kind: "idle" }
  | { readonly kind: "connecting"; readonly attempt: Attempt }
  /** A session that has to prove itself by an answer, because connecting took no I/O (HTTP). */
  | { readonly kind: "probing"; readonly session: Session }
  | { readonly kind: "online"; readonly session: Session; readonly timers: readonly Timer[] }
  | { readonly kind: "backing-off"; readonly timer: Timer }
  | { readonly kind: "stopping" }
  | { readonly kind: "stopped" };

/** One attempt to connect. */
export interface Attempt {
  readonly abort: AbortController;
  /** Resolves when nothing is left of it. */
  readonly ended: PromiseWithResolvers<void>;
}

/** Frees what a state holds; an attempt to connect is over by itself unless it is cut short. */
export function release(state: State, next: State): void {
  if (state.kind === "connecting" && next.kind === "stopping") state.attempt.abort.abort();
  if (state.kind === "online") cancelAll(state.timers);
  if (state.kind === "backing-off") state.timer.cancel();
}

export function cancelAll(timers: readonly Timer[]): void {
  for (const timer of timers) timer.cancel();
}

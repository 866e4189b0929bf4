import { type Clock, describeThrown } from "@opamp/protocol";
import type { RemoteConfig } from "./remote-config.ts";
import type { ApplyReason, RemoteConfigSettings } from "./remote-config-settings.ts";

/** How one call of `apply` ended. */
export type ApplyOutcome =
  | { readonly ok: true }
  | { readonly ok: false; readonly errorMessage: string };

export interface ApplyOnceOptions {
  readonly apply: RemoteConfigSettings["apply"];
  readonly reason: ApplyReason;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** Calls `apply` and waits for it, whatever it does, until its time is over (L-07). */
export async function applyOnce(
  config: RemoteConfig,
  { apply, reason, signal, timeoutMs, clock }: ApplyOnceOptions,
): Promise<ApplyOutcome> {
  const overdue = new AbortController();
  const context = { reason, signal: AbortSignal.any([signal, overdue.signal]) };
  const call = async (): Promise<void> => apply(config, context);
  const { promise: timeout, resolve } = Promise.withResolvers<ApplyOutcome>();
  const timer = clock.setTimer(() => {
    const errorMessage = `applying took longer than ${timeoutMs} ms`;
    overdue.abort(new Error(errorMessage));
    resolve({ ok: false, errorMessage });
  }, timeoutMs);
  const ended = call().then(
    (): ApplyOutcome => ({ ok: true }),
    (thrown: unknown): ApplyOutcome => ({ ok: false, errorMessage: shortened(thrown) }),
  );
  try {
    return await Promise.race([ended, timeout]);
  } finally {
    timer.cancel();
  }
}

const MAX_CHARACTERS = 4096;

function shortened(thrown: unknown): string {
  const text = describeThrown(thrown);
  return text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}…` : text;
}

import { type Clock, describeThrown } from "@opamp/protocol";
import type { RemoteConfig } from "./remote-config.ts";
import type { ApplyReason, RemoteConfigSettings } from "./remote-config-settings.ts";

/** How one call of `apply` ended. */
export type ApplyOutcome =
  | { readonly ok: true }
  | {
      readonly ok: false;
      readonly errorMessage: string;
      /** Whether `apply` was called at all. */
      readonly wasBegun: boolean;
    };

export interface ApplyOnceOptions {
  readonly apply: RemoteConfigSettings["apply"];
  readonly validate?: RemoteConfigSettings["validate"];
  readonly reason: ApplyReason;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** Calls `validate` and `apply` and waits for them, whatever they do, until their time is over (L-07). */
export async function applyOnce(
  config: RemoteConfig,
  { apply, validate, reason, signal, timeoutMs, clock }: ApplyOnceOptions,
): Promise<ApplyOutcome> {
  const overdue = new AbortController();
  const context = { reason, signal: AbortSignal.any([signal, overdue.signal]) };
  let wasBegun = false;
  const call = async (): Promise<void> => {
    if (validate !== undefined) {
      await validate(config, context);
      context.signal.throwIfAborted();
    }
    wasBegun = true;
    await apply(config, context);
  };
  const { promise: timeout, resolve } = Promise.withResolvers<ApplyOutcome>();
  const timer = clock.setTimer(() => {
    const errorMessage = `applying took longer than ${timeoutMs} ms`;
    overdue.abort(new Error(errorMessage));
    resolve({ ok: false, errorMessage, wasBegun });
  }, timeoutMs);
  const ended = call().then(
    (): ApplyOutcome => ({ ok: true }),
    (thrown: unknown): ApplyOutcome => ({ ok: false, errorMessage: shortened(thrown), wasBegun }),
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

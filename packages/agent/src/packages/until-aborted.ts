import { OpAMPError } from "@opamp/protocol";

/** Rejects when the signal fires, with its reason. */
export function untilAborted(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  const end = (): void => reject(OpAMPError.from(signal.reason, "aborted", "the sync was ended"));
  if (signal.aborted) end();
  else signal.addEventListener("abort", end, { once: true });
  return promise;
}

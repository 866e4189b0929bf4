import type { IncomingMessage } from "node:http";
import type { Clock } from "@opamp/protocol";

export interface RestLimits {
  /** The largest message: twice as much may come, and a MiB in any case. */
  readonly maxReceiveBytes: number;
  readonly clock: Clock;
}

/** So long, and so much at least, may an agent go on sending after its answer. */
const MAX_REST_MS = 5_000;
const MIN_REST_BYTES = 1024 * 1024;

/** Whether a body is so short that all of it may come. */
export function isShort({ headers }: IncomingMessage): boolean {
  if (headers["transfer-encoding"] !== undefined) return false;
  return Number(headers["content-length"] ?? 0) <= MIN_REST_BYTES;
}

/**
 * Throws away what an agent goes on sending after it was answered, up to a limit: who writes all
 * before it reads would lose the answer if the connection was cut at once. Resolves with whether
 * everything came.
 */
export function discardRest(
  request: IncomingMessage,
  { maxReceiveBytes, clock }: RestLimits,
): Promise<boolean> {
  return new Promise((resolve) => {
    let leftBytes = Math.max(MIN_REST_BYTES, 2 * maxReceiveBytes);
    const finish = (isWhole: boolean): void => {
      request.off("data", onData).off("end", onEnd).off("close", onCut);
      timer.cancel();
      resolve(isWhole);
    };
    const onData = (chunk: Buffer): void => {
      leftBytes -= chunk.length;
      if (leftBytes < 0) finish(false);
    };
    const onEnd = (): void => finish(true);
    const onCut = (): void => finish(false);
    const timer = clock.setTimer(onCut, MAX_REST_MS);
    request.on("data", onData).on("end", onEnd).on("close", onCut).resume();
  });
}

import { WaitTimeoutError } from "../raw/recording.ts";

/** Waits for work that may take a time; rejects with `message` when it takes longer. */
export async function withDeadline<T>(
  work: Promise<T>,
  deadlineMs: number,
  message: string,
): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new WaitTimeoutError(message)), deadlineMs);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}

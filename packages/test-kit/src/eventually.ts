export interface EventuallyOptions {
  /** How long to keep trying, in milliseconds. @default 15000 */
  readonly timeoutMs?: number;
}

/** Runs a check until it passes, and returns its result; after the time, throws its last error. */
export async function eventually<T>(
  check: () => T | Promise<T>,
  options: EventuallyOptions = {},
): Promise<T> {
  const deadline = performance.now() + (options.timeoutMs ?? 15_000);
  for (;;) {
    try {
      return await check();
    } catch (thrown) {
      if (performance.now() > deadline) throw thrown;
      await new Promise<void>((resolve) => setTimeout(resolve, 5));
    }
  }
}

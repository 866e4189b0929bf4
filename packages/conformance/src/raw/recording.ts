/** A growing list of what happened, and a way to wait for it. */
export interface Recording<T> {
  /** Everything recorded so far. */
  readonly all: readonly T[];
  /**
   * The next item that was not taken before and that matches; waits for it. Items before it that do
   * not match stay to be taken. Rejects when none comes in time.
   */
  take(options?: TakeOptions<T>): Promise<T>;
}

export interface TakeOptions<T> {
  /** What to wait for, said in the error when it does not come. @default "an item" */
  readonly what?: string;
  /** @default any item */
  readonly where?: (item: T) => boolean;
  /** @default 5000, or what the recording was made with */
  readonly timeoutMs?: number;
}

/** A recording that can be written to. */
export interface WritableRecording<T> extends Recording<T> {
  record(item: T): void;
}

/** Something that was waited for did not come. */
export class WaitTimeoutError extends Error {
  override readonly name = "WaitTimeoutError";
}

const DEFAULT_WAIT_MS = 5000;

interface Waiter<T> {
  readonly matches: (item: T) => boolean;
  readonly resolve: (item: T) => void;
}

/** A recording; `waitMs` is how long `take` waits unless told otherwise. */
export function createRecording<T>(waitMs: number = DEFAULT_WAIT_MS): WritableRecording<T> {
  const all: T[] = [];
  const untaken: T[] = [];
  const waiters = new Set<Waiter<T>>();

  return {
    all,
    record(item) {
      all.push(item);
      for (const waiter of waiters) {
        if (!waiter.matches(item)) continue;
        waiters.delete(waiter);
        waiter.resolve(item);
        return;
      }
      untaken.push(item);
    },
    take(options = {}) {
      const matches = options.where ?? (() => true);
      const index = untaken.findIndex(matches);
      if (index >= 0) return Promise.resolve(untaken.splice(index, 1)[0] as T);
      return new Promise((resolve, reject) => {
        const waiter = { matches, resolve: settle };
        const timeoutMs = options.timeoutMs ?? waitMs;
        const timer = setTimeout(() => {
          waiters.delete(waiter);
          const seen = `${all.length} others were seen, ${untaken.length} of them not taken`;
          reject(
            new WaitTimeoutError(
              `${options.what ?? "an item"} did not come in ${timeoutMs} ms; ${seen}`,
            ),
          );
        }, timeoutMs);
        timer.unref();
        waiters.add(waiter);
        function settle(item: T): void {
          clearTimeout(timer);
          resolve(item);
        }
      });
    },
  };
}

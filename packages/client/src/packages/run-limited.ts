/** Runs a task for each item, at most `limit` at once. Rejects when a task does, after all have ended. */
export async function runLimited<T>(
  items: readonly T[],
  limit: number,
  run: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  const work = async (): Promise<void> => {
    // The workers share the iterator: each takes what none has taken.
    for (const item of queue) await run(item);
  };
  const workers = Array.from({ length: Math.min(limit, items.length) }, work);
  const results = await Promise.allSettled(workers);
  for (const result of results) if (result.status === "rejected") throw result.reason;
}

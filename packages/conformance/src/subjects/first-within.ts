import { setTimeout as delay } from "node:timers/promises";

/** What settles first, or undefined when nothing does in time. */
export async function firstWithin<T>(
  ms: number,
  events: readonly Promise<T>[],
): Promise<T | undefined> {
  const controller = new AbortController();
  const { signal } = controller;
  const late = delay(ms, undefined, { signal }).catch(() => undefined);
  const first = await Promise.race([...events, late]);
  controller.abort();
  return first;
}

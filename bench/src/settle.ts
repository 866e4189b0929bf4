import { setTimeout as wait } from "node:timers/promises";

/** Memory needs a moment to settle: buffers are freed and pages given back. */
const SETTLE_MS = 1500;

/** Waits until the memory of an idle server is what it will stay. */
export async function settle(): Promise<void> {
  await wait(SETTLE_MS);
}

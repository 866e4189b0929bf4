import type { ClientStatus, OpAMPClient } from "../../src/index.ts";

/** Every status from now on, in an array that grows; it ends with the client. */
export function recordStatuses(client: OpAMPClient): readonly ClientStatus[] {
  const statuses: ClientStatus[] = [];
  void collect(client.statusChanges(), statuses);
  return statuses;
}

/** The names of the states, without repetitions: what the server says of itself changes none. */
export function stateNames(statuses: readonly ClientStatus[]): readonly string[] {
  return statuses
    .map(({ state }) => state)
    .filter((state, index, states) => state !== states[index - 1]);
}

/** How long the client waits before its next attempt; fails when it does not wait. */
export function waitMs({ status }: OpAMPClient): number {
  if (status.state === "backing-off") return status.delayMs;
  throw new Error(`the client is ${status.state}, not backing-off`);
}

async function collect(from: AsyncIterable<ClientStatus>, into: ClientStatus[]): Promise<void> {
  for await (const status of from) into.push(status);
}

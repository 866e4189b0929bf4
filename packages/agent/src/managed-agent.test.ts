import type { OpAMPClient } from "@opamp/client";
import { expect, it } from "vitest";
import { ManagedAgent } from "./managed-agent.ts";

it("says goodbye and gives the directory free, even if a feature does not end in order [L-07 L-21]", async () => {
  const done: string[] = [];
  const client: Partial<OpAMPClient> = { stop: async () => void done.push("stopped") };
  const agent = new ManagedAgent({
    client: client as OpAMPClient,
    features: [{ stop: () => Promise.reject(new Error("no")) }],
    unlock: () => void done.push("unlocked"),
    ownTelemetry: undefined,
    startTimeUnixNano: 0n,
  });
  await expect(agent.stop()).rejects.toThrow("no");
  expect(done).toEqual(["stopped", "unlocked"]);
});

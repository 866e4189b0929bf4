import { describe, expect, it } from "vitest";
import type { ClientPeer } from "./client-peer.ts";
import { isPossible } from "./scenario.ts";
import { scenarios } from "./scenarios/all.ts";
import type { ServerPeer } from "./server-peer.ts";

/** Runs every scenario that both can do, over every transport that both have. */
export function describeMatch(client: ClientPeer, server: ServerPeer): void {
  for (const transport of ["websocket", "http"] as const) {
    const match = { client, server, transport };
    const possible = scenarios.filter((scenario) => isPossible(scenario, match));
    if (possible.length === 0) continue;
    describe(`${client.name} and ${server.name} over ${transport}`, () => {
      it.each(possible)("$title", async (scenario) => {
        expect.hasAssertions();
        await scenario.run(match);
      });
    });
  }
}

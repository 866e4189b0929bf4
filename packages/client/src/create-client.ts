import { AgentClient } from "./agent-client.ts";
import type { OpAMPClient } from "./client.ts";
import { ownLink } from "./own-link.ts";
import { resolveSettings } from "./resolve-settings.ts";
import { createRouteFactory } from "./route-factory.ts";
import type { StartSettings } from "./settings.ts";

/**
 * Makes a client; `start()` makes it speak. Throws `invalid-argument`, naming the member, for a
 * setting that does not fit.
 *
 * @example
 * await using client = createOpAMPClient({
 *   serverUrl: "wss://fleet.example.com",
 *   agentDescription: { identifyingAttributes: { "service.name": "edge" } },
 * });
 * await client.start();
 */
export function createOpAMPClient(settings: StartSettings): OpAMPClient {
  const resolved = resolveSettings(settings);
  return new AgentClient(
    settings,
    resolved,
    ownLink(createRouteFactory(settings, resolved), resolved),
  );
}

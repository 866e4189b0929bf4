import { AgentClient } from "./agent-client.ts";
import type { OpAMPClient } from "./client.ts";
import { ownLink } from "./own-link.ts";
import { resolveSettings } from "./resolve-settings.ts";
import { assertInterval, createRouteFactory } from "./route-factory.ts";
import type { SharedStartSettings, StartSettings } from "./settings.ts";
import { lineOf } from "./shared/line.ts";
import { assertSharable, settingsOnLine } from "./shared/shared-settings.ts";

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
export function createOpAMPClient(settings: StartSettings | SharedStartSettings): OpAMPClient {
  return settings.connection === undefined ? clientAlone(settings) : clientOnLine(settings);
}

function clientAlone(settings: StartSettings): OpAMPClient {
  const resolved = resolveSettings(settings);
  return new AgentClient(
    settings,
    resolved,
    ownLink(createRouteFactory(settings, resolved), resolved),
  );
}

function clientOnLine(settings: SharedStartSettings): OpAMPClient {
  const line = lineOf(settings.connection);
  const whole = settingsOnLine(settings, line);
  const resolved = resolveSettings(whole, line.options);
  assertInterval(resolved.heartbeatIntervalMs, line.route.transport);
  assertSharable(resolved.capabilityBits);
  return new AgentClient(whole, resolved, (host) => line.createLink(host));
}

import { OpAMPError } from "@opamp/protocol";
import { AgentClient } from "./agent-client.ts";
import type { OpAMPClient } from "./client.ts";
import { namedSetting, type ResolvedSettings, resolveSettings } from "./resolve-settings.ts";
import type { StartSettings } from "./settings.ts";
import { createTransport } from "./transport/create-transport.ts";
import { resolveServerUrl } from "./transport/server-url.ts";
import type { Transport } from "./transport/transport.ts";

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
  const transport = settings.transport ?? transportFromSettings(settings, resolved);
  if (transport.pollsForMessages && resolved.heartbeatIntervalMs === 0) {
    throw new OpAMPError(
      "invalid-argument",
      "heartbeatIntervalMs is 0; over HTTP it is the poll interval and has to be above 0",
    );
  }
  return new AgentClient(settings, resolved, transport);
}

function transportFromSettings(settings: StartSettings, resolved: ResolvedSettings): Transport {
  const { limits, timeouts, logger, clock } = resolved;
  return createTransport({
    url: namedSetting("serverUrl", () => resolveServerUrl(settings.serverUrl)),
    headers: settings.headers ?? {},
    tls: settings.tls ?? {},
    proxy: settings.proxy,
    compression: settings.compression ?? false,
    checkRedirect: settings.callbacks?.checkRedirect,
    limits,
    timeouts: { ...timeouts, closeMs: timeouts.stopMs },
    logger,
    clock,
  });
}

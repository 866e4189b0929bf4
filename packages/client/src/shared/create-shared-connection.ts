import type { Route, WholeConnectionSettings } from "../connection-settings.ts";
import { createNetworkTransport } from "../route-factory.ts";
import { shareLine } from "./line.ts";
import { PollingLine } from "./polling-line.ts";
import { type ResolvedShared, resolveShared } from "./resolve-shared.ts";
import type { SharedConnection, SharedConnectionOptions } from "./shared-connection.ts";
import { SharedLine } from "./shared-line.ts";

/**
 * Makes a connection for several clients: over one WebSocket, or over common sockets for HTTP. The
 * first client that starts opens it. Throws `invalid-argument`, naming the member, for an option
 * that does not fit.
 *
 * @example
 * const connection = createSharedConnection({ serverUrl: "wss://fleet.example.com" });
 * const clients = devices.map((device) =>
 *   createOpAMPClient({ connection, agentDescription: describe(device) }),
 * );
 * await Promise.all(clients.map((client) => client.start()));
 */
export function createSharedConnection(options: SharedConnectionOptions): SharedConnection {
  const resolved = resolveShared(options);
  const route = routeOf(resolved);
  const { pollsForMessages } = route.transport;
  return shareLine(
    pollsForMessages ? new PollingLine(resolved, route) : new SharedLine(resolved, route),
  );
}

function routeOf(options: ResolvedShared): Route {
  const { serverUrl, headers = {}, tls = {}, proxy = null, compression = false } = options;
  // The interval is each agent's own.
  const common = { serverUrl, headers, tls, proxy, compression, heartbeatIntervalMs: 0 };
  const settings: WholeConnectionSettings = common;
  const { transport, checkRedirect } = options;
  return {
    settings,
    transport:
      transport ??
      createNetworkTransport(settings, { ...options, checkRedirect, sharesSockets: true }),
  };
}

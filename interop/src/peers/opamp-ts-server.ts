import { type Connection, createOpAMPServer, type OpAMPServer } from "@opamp/server";
import { allAbilities } from "../ability.ts";
import { createEventLog, type EventLog } from "../event-log.ts";
import { jsonFromMessage } from "../json.ts";
import type { RunningServer, ServerEvent, ServerOptions, ServerPeer } from "../server-peer.ts";
import { serverUrls } from "../server-url.ts";
import { createFleet, type Fleet } from "./opamp-ts-fleet.ts";

/** The server of this repository. */
export const opampTsServer: ServerPeer = {
  name: "@opamp/server",
  abilities: { websocket: allAbilities, http: allAbilities },
  async start(options) {
    const events = createEventLog<ServerEvent>({ name: this.name });
    let fleet = createFleet(events);
    let server = createServer(options, fleet, events);
    const { port } = await listen(server, options, 0);
    events.push({ event: "listening", port });

    return {
      events,
      port,
      url: serverUrls(port, options.tls !== undefined),
      offerConfig: (config) => fleet.offerConfig(config),
      send: (message) => fleet.send(message),
      async restart() {
        await server.close();
        fleet = createFleet(events);
        server = createServer(options, fleet, events);
        await listen(server, options, port);
        events.push({ event: "listening", port });
      },
      [Symbol.asyncDispose]: () => server.close(),
    } satisfies RunningServer;
  },
};

function listen(
  server: OpAMPServer,
  { tls }: ServerOptions,
  port: number,
): Promise<{ readonly port: number }> {
  return server.listen({ port, host: "127.0.0.1", ...(tls && { tls }) });
}

function createServer(
  { compression = false, customCapabilities = [] }: ServerOptions,
  fleet: Fleet,
  events: EventLog<ServerEvent>,
): OpAMPServer {
  return createOpAMPServer({
    capabilities: ["AcceptsStatus", "OffersRemoteConfig", "AcceptsEffectiveConfig"],
    customCapabilities,
    compression,
    callbacks: {
      onConnected(connection) {
        const headers = headersOf(connection);
        events.push({ event: "connected", connection: connection.id, headers });
      },
      onMessage(connection, message) {
        const answer = fleet.answer(connection, message);
        const json = jsonFromMessage(message);
        events.push({ event: "message", connection: connection.id, message: json });
        return answer;
      },
      onConnectionClosed(connection) {
        events.push({ event: "closed", connection: connection.id });
      },
    },
  });
}

function headersOf({ request }: Connection): Record<string, string> {
  return Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
  );
}

import { systemClock } from "@opamp/protocol";
import { createOpAMPServer, type ServerCallbacks } from "@opamp/server";
import type { DemoArguments } from "./arguments.ts";
import { createFleet, type Fleet } from "./fleet/fleet.ts";
import { listen, listenOnLoopback } from "./listen.ts";
import type { Log } from "./log.ts";
import { opampUrl } from "./opamp-url.ts";
import { createWebServer } from "./web/web-server.ts";

/** The OpAMP server and the page, listening. */
export interface DemoServer {
  readonly opampPort: number;
  readonly webPort: number;
  close(): Promise<void>;
}

/** Opens both ports. Throws when one is in use, and says which one and what to do. */
export async function serve(args: DemoArguments, log: Log): Promise<DemoServer> {
  const { opampHost: host, opampPort: port } = args;
  const fleet = createFleet({ clock: systemClock });
  const opamp = createOpAMPServer({
    capabilities: ["AcceptsStatus", "OffersRemoteConfig", "AcceptsEffectiveConfig"],
    limits: { maxReceiveBytes: 4 * 1024 * 1024 },
    callbacks: createCallbacks(fleet, log),
  });
  const opampPort = await listen("--opamp-port", port, () => opamp.listen({ host, port }));
  const web = createWebServer({ fleet, clock: systemClock, opampUrl: opampUrl(host, opampPort) });
  const webPort = await listen("--web-port", args.webPort, () =>
    listenOnLoopback(web, args.webPort),
  );
  return {
    opampPort,
    webPort,
    async close() {
      const closed = new Promise((resolve) => web.close(resolve));
      web.closeAllConnections();
      await Promise.all([closed, opamp.close()]);
      await fleet.close();
    },
  };
}

function createCallbacks(fleet: Fleet, log: Log): ServerCallbacks {
  return {
    onConnected({ id, transport, request }) {
      if (transport === "websocket") log(`WebSocket ${id} from ${request.remoteAddress} is open`);
    },
    onMessage: (connection, message) => fleet.receive(connection, message),
    onReadMessageError: ({ id }, error) => log(`connection ${id}: ${error.message}`),
    onMessageResponseError: fleet.callbacks.onMessageResponseError,
    onConnectionClosed(connection, reason) {
      fleet.callbacks.onConnectionClosed(connection, reason);
      const { by, code } = reason;
      if (connection.transport === "websocket") {
        log(`WebSocket ${connection.id} is closed, by the ${by}, with code ${code}`);
      }
    },
  };
}

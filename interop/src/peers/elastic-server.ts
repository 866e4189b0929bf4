import { MockOpAMPServer, type MockRequest } from "@elastic/mockopampserver";
import { createEventLog, type EventLog } from "../event-log.ts";
import { jsonFromMessage } from "../json.ts";
import type { RunningServer, ServerEvent, ServerPeer } from "../server-peer.ts";
import { serverUrls } from "../server-url.ts";

/**
 * Elastic's mock server knows HTTP only, and of the protocol what is listed here. It reads effective
 * configs but does not announce it, so a client need not send one.
 */
export const elasticServer: ServerPeer = {
  name: "@elastic/mockopampserver",
  abilities: {
    http: [
      "description",
      "health",
      "remote-config",
      "reconnect",
      "compressed-reports",
      "headers",
      "tls",
      "heartbeat",
    ],
  },
  async start({ tls }) {
    const events = createEventLog<ServerEvent>({ name: this.name });
    const mock = new MockOpAMPServer({
      hostname: "127.0.0.1",
      port: 0,
      logLevel: "fatal",
      testMode: true,
      ...tls,
    });
    await mock.start();
    const port = Number(new URL(mock.endpoint).port);
    const watch = watchRequests(mock, events);
    events.push({ event: "listening", port });

    return {
      events,
      port,
      url: serverUrls(port, tls !== undefined),
      // It makes the hash itself.
      offerConfig: ({ config }) => mock.setAgentConfigMap({ configMap: config?.configMap ?? {} }),
      send: () => events.push({ event: "failed", command: "send", error: "not supported" }),
      // It forgets without a restart.
      restart: async () => {
        watch.reset();
        mock.testReset();
      },
      async [Symbol.asyncDispose]() {
        watch.stop();
        await mock.close();
      },
    } satisfies RunningServer;
  },
};

const WATCH_INTERVAL_MS = 5;

/** The mock tells of requests only when asked. */
function watchRequests(
  mock: MockOpAMPServer,
  events: EventLog<ServerEvent>,
): { reset(): void; stop(): void } {
  let seen = 0;
  let connection = 0;
  const look = (): void => {
    const requests = mock.testGetRequests();
    for (const request of requests.slice(seen)) {
      connection += 1;
      pushRequest(request, connection, events);
    }
    seen = requests.length;
  };
  const interval = setInterval(look, WATCH_INTERVAL_MS);
  return {
    reset() {
      look();
      seen = 0;
    },
    stop: () => clearInterval(interval),
  };
}

function pushRequest(
  { req, a2s }: MockRequest,
  connection: number,
  events: EventLog<ServerEvent>,
): void {
  const headers = Object.fromEntries(
    Object.entries(req.headers).map(([name, value]) => [name, String(value)]),
  );
  events.push({ event: "connected", connection, headers });
  if (a2s) events.push({ event: "message", connection, message: jsonFromMessage(a2s) });
  events.push({ event: "closed", connection });
}

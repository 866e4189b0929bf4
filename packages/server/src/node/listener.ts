import { once } from "node:events";
import { createServer, type Server as HttpServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { DEFAULT_PORT, OpAMPError } from "@opamp/protocol";
import type { ListenOptions } from "../server.ts";
import { attachRoute, type Route } from "./attach.ts";

/** Node's own default, 511, is too short for a fleet: who does not fit in waits for seconds. */
const DEFAULT_BACKLOG = 4096;

/** A port of our own. */
export interface Listener {
  readonly address: AddressInfo;
  /** Takes no more connections. Resolves when the last one has ended. */
  close(): Promise<void>;
  /** Ends the connections that are left. */
  cut(): void;
}

/**
 * Opens a port. Rejects with `connect-failed`, `tls-failed` for a bad certificate or key, or
 * `invalid-argument` for a port that is none (L-29).
 */
export async function openListener(route: Route, options: ListenOptions): Promise<Listener> {
  const server = makeServer(options);
  attachRoute(server, route);
  try {
    const { port = DEFAULT_PORT, host, backlog = DEFAULT_BACKLOG } = options;
    server.listen({ port, host, backlog });
    await once(server, "listening");
  } catch (thrown) {
    const code = thrown instanceof RangeError ? "invalid-argument" : "connect-failed";
    throw OpAMPError.from(thrown, code, "cannot listen");
  }
  server.on("error", (error) =>
    route.logger.error(`the listening socket failed: ${error.message}`),
  );
  return {
    address: addressOf(server),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
      }),
    cut: () => server.closeAllConnections(),
  };
}

function makeServer({ tls }: ListenOptions): HttpServer {
  if (tls === undefined) return createServer();
  try {
    return createTlsServer(tls);
  } catch (thrown) {
    throw OpAMPError.from(thrown, "tls-failed", "the TLS options are not usable");
  }
}

function addressOf(server: HttpServer): AddressInfo {
  const address = server.address();
  if (address !== null && typeof address === "object") return address;
  throw new OpAMPError("connect-failed", "the server has no address");
}

import { once } from "node:events";
import { createServer, type Server as HttpServer, type IncomingMessage } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { DEFAULT_PORT, OpAMPError } from "@opamp/protocol";
import type { ResolvedSettings } from "../resolve-settings.ts";
import type { ListenOptions } from "../server.ts";
import { guardAddresses } from "./address-guard.ts";
import { attachRoute, type Route } from "./attach.ts";
import { awaitFirstBytes } from "./await-first-bytes.ts";
import { endBadRequests } from "./end-bad-requests.ts";
import { trackHandshakes } from "./tls-handshakes.ts";

/** Node's own default, 511, is too short for a fleet: who does not fit in waits for seconds. */
const DEFAULT_BACKLOG = 4096;

/** Where there shall be none, Node takes this one. */
const NODE_HANDSHAKE_TIMEOUT_MS = 120_000;

/** A port of our own. */
export interface Listener {
  readonly address: AddressInfo;
  /** Takes no more connections. Resolves when the last one has ended. */
  close(): Promise<void>;
  /** Ends the connections that are left. */
  cut(): void;
}

/** What bounds a request before anyone is asked about it. */
export type ListenerSettings = Pick<ResolvedSettings, "clock" | "limits" | "timeouts">;

/**
 * Opens a port. Rejects with `connect-failed`, `tls-failed` for a bad certificate or key, or
 * `invalid-argument` for a port or a limit that is none (L-29).
 */
export async function openListener(
  route: Route,
  options: ListenOptions,
  settings: ListenerSettings,
): Promise<Listener> {
  // Whose it was is not known any more by then.
  const handshakeFailed = (error: Error): void =>
    route.logger.debug(`a TLS handshake failed: ${reasonOf(error)}`);
  const server = makeServer(options, settings, handshakeFailed);
  const cutHandshakes = options.tls === undefined ? undefined : trackHandshakes(server);
  if (options.perAddress !== undefined) {
    const { clock } = settings;
    guardAddresses(server, { limits: options.perAddress, clock, logger: route.logger });
  }
  endBadRequests(server);
  attachRoute(server, route);
  try {
    const { port = DEFAULT_PORT, host, backlog = DEFAULT_BACKLOG, reusePort = false } = options;
    server.listen({ port, host, backlog, reusePort });
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
    cut: () => {
      cutHandshakes?.();
      server.closeAllConnections();
    },
  };
}

/** Without OpenSSL's file names and numbers. */
function reasonOf(error: Error): string {
  return "reason" in error ? String(error.reason) : error.message;
}

function makeServer(
  { tls }: ListenOptions,
  settings: ListenerSettings,
  handshakeFailed: (error: Error) => void,
): HttpServer {
  const options = { ...httpLimits(settings), shouldUpgradeCallback: asksForWebSocket };
  if (tls === undefined) return createServer(options);
  const { handshakeTimeout = options.headersTimeout } = tls;
  try {
    const server = createTlsServer({ ...tls, ...options, handshakeTimeout });
    server.on("tlsClientError", handshakeFailed);
    const timeoutMs = handshakeTimeout || NODE_HANDSHAKE_TIMEOUT_MS;
    awaitFirstBytes(server, { timeoutMs, failed: handshakeFailed });
    return server;
  } catch (thrown) {
    throw OpAMPError.from(thrown, "tls-failed", "the TLS options are not usable");
  }
}

/**
 * Whoever would upgrade to anything else, as Java's HttpClient to HTTP/2, is answered as if it had not
 * asked. Node looks at it from 24.9 on.
 */
function asksForWebSocket({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === "websocket";
}

/** How much later than any body a request is over that nobody reads. */
const SLACK_MS = 5_000;

/** How often late requests are looked for: that takes time for each that is under way. */
const CHECK_MS = 100;

/** Against header floods, and against those who send a byte now and then. */
function httpLimits({ limits, timeouts }: ListenerSettings) {
  const { headersMs, requestMs } = timeouts;
  return {
    maxHeaderSize: limits.maxHeaderBytes,
    headersTimeout: headersMs,
    // Of the whole request: whoever reads its body has a time limit of its own.
    requestTimeout: headersMs === 0 || requestMs === 0 ? 0 : headersMs + requestMs + SLACK_MS,
    connectionsCheckingInterval: CHECK_MS,
  };
}

function addressOf(server: HttpServer): AddressInfo {
  const address = server.address();
  if (address !== null && typeof address === "object") return address;
  throw new OpAMPError("connect-failed", "the server has no address");
}

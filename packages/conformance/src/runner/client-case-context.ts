import { setTimeout as delay } from "node:timers/promises";
import { type RawServer, type RawServerOptions, startRawServer } from "../raw/raw-server.ts";
import type { TransportName } from "../raw/transport-name.ts";
import type { ClientSubject, ClientSubjectSettings, RunningClient } from "./client-subject.ts";
import type { ContextParts } from "./server-case-context.ts";

/** What a case about a client works with. All that it opens is closed when the case is over. */
export interface ClientCaseContext {
  /** The transport that the case runs over. */
  readonly transport: TransportName;
  /** Starts a raw server. */
  serve(options?: RawServerOptions): Promise<RawServer>;
  /** Starts the client against a raw server, or against a URL. */
  start(server: RawServer, settings?: Partial<ClientSubjectSettings>): Promise<RunningClient>;
  /** Lets time pass in which something must not happen. */
  watch(durationMs: number): Promise<void>;
}

/** Where the raw servers of a run listen. */
export type ListenOptions = Pick<RawServerOptions, "port" | "tls">;

/** A context, and what the runner asks of it. */
export interface OpenClientCaseContext extends ClientCaseContext {
  /** Whether the client has a WebSocket open to any of the servers. */
  isConnected(): boolean;
}

export function createClientCaseContext(
  subject: ClientSubject,
  { transport, trace, cleanup, waitMs }: ContextParts,
  { port = 0, tls }: ListenOptions = {},
): OpenClientCaseContext {
  const servers: RawServer[] = [];
  return {
    transport,
    async serve(options) {
      const listen = { port: servers.length === 0 ? port : 0, ...(tls && { tls }) };
      const server = await startRawServer({ trace, waitMs, ...listen, ...options });
      servers.push(server);
      return cleanup.use(server);
    },
    async start(server, settings) {
      const watch = { trace, attempted: server.attempted };
      return cleanup.use(
        await subject.start({ serverUrl: server.url(transport), ...settings }, watch),
      );
    },
    watch: (durationMs) => delay(durationMs),
    isConnected: () => servers.some(({ sockets }) => sockets.all.some((socket) => socket.open)),
  };
}

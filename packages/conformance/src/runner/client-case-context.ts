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

export function createClientCaseContext(
  subject: ClientSubject,
  { transport, trace, cleanup, waitMs }: ContextParts,
): ClientCaseContext {
  return {
    transport,
    serve: async (options) => cleanup.use(await startRawServer({ trace, waitMs, ...options })),
    start: async (server, settings) =>
      cleanup.use(await subject.start({ serverUrl: server.url(transport), ...settings })),
    watch: (durationMs) => delay(durationMs),
  };
}

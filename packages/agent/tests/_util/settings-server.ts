import type { EventEmitter } from "node:events";
import {
  type AgentToServer,
  bytesFromInstanceUid,
  type ConnectionSettingsOffersInit,
  ConnectionSettingsStatuses,
  type InstanceUid,
  instanceUidFromBytes,
  type ServerToAgentInit,
} from "@opamp/protocol";
import { accept, type Connection, createOpAMPServer, reject } from "@opamp/server";
import type { KeyedCertificate } from "@opamp/test-kit";
import { startCuttableServer } from "./cuttable-server.ts";

/** How a server receives agents. */
export type Reception = "answers" | "refuses with 401" | "drops" | "says nothing";

export interface SettingsServerOptions {
  readonly name: string;
  readonly log: ServerLog;
  readonly scheme?: "ws" | "http";
  readonly tls?: KeyedCertificate;
  /** @default "answers" */
  readonly reception?: Reception;
}

/** A server that wants agents to have connection settings, and remembers what it was told. */
export interface SettingsServer extends AsyncDisposable {
  readonly url: string;
  /** What agents reported, such as `APPLIED v1`, each status once. */
  readonly told: readonly string[];
  /** What was said to be wrong, with the last status. */
  readonly reason: string;
  /** The header `x-settings` of the last agent that came; it says which settings it came with. */
  readonly cameWith: string | undefined;
  /** Offers this until an agent has reported it; undefined offers nothing. */
  want(hash: string | undefined, offers?: ConnectionSettingsOffersInit): void;
  /** Wants nothing, and remembers nothing of what it was told. */
  forget(): void;
}

/** What several servers see of the same agents. */
export class ServerLog {
  readonly uids: Set<InstanceUid> = new Set();
  /** The most connections that were ever open at once. */
  mostOpen = 0;
  /** The name of the server that heard an agent last. */
  lastServer = "";
  #open = 0;
  readonly #watchers = new Set<() => void>();

  /** A WebSocket, or an exchange over HTTP. */
  opened(connection: EventEmitter): void {
    this.#open += 1;
    this.mostOpen = Math.max(this.mostOpen, this.#open);
    connection.once("close", () => {
      this.#open -= 1;
    });
  }

  heard(uid: InstanceUid, server: string): void {
    this.uids.add(uid);
    this.lastServer = server;
    for (const look of this.#watchers) look();
  }

  /** Resolves as soon as the condition holds; looks after each message. */
  async until(condition: () => boolean): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = (): void => {
      if (condition()) resolve();
    };
    this.#watchers.add(look);
    look();
    await promise;
    this.#watchers.delete(look);
  }
}

interface Wanted {
  readonly hash: string;
  readonly offers: ConnectionSettingsOffersInit;
}

export async function startSettingsServer(options: SettingsServerOptions): Promise<SettingsServer> {
  const { name, log, scheme = "ws", tls, reception = "answers" } = options;
  const told: string[] = [];
  let wanted: Wanted | undefined;
  let cameWith: string | undefined;
  let reason = "";
  const answer = (connection: Connection, message: AgentToServer): ServerToAgentInit => {
    cameWith = String(connection.request.headers["x-settings"]);
    const status = describeStatus(message);
    if (status !== undefined && status !== told.at(-1)) told.push(status);
    reason = message.connectionSettingsStatus?.errorMessage ?? reason;
    log.heard(instanceUidFromBytes(message.instanceUid), name);
    if (wanted === undefined || told.at(-1)?.endsWith(` ${wanted.hash}`)) return {};
    return { connectionSettings: offersOf(wanted) };
  };
  const server = createOpAMPServer({
    capabilities: ["AcceptsStatus", "OffersConnectionSettings"],
    timeouts: { closeMs: 100 },
    callbacks: {
      onConnecting: () => (reception === "refuses with 401" ? reject(401) : accept()),
      onConnected(connection) {
        if (reception === "drops") listener.cut(connection.request.remotePort);
      },
      onMessage(connection, message) {
        if (reception !== "answers") return new Promise<never>(() => {});
        return answer(connection, message);
      },
    },
  });
  const listener = await startCuttableServer(tls);
  server.attach(listener.server);
  listener.server.on("upgrade", (_request, socket) => log.opened(socket));
  listener.server.on("request", (_request, response) => log.opened(response));
  return {
    url: `${scheme}${tls ? "s" : ""}://127.0.0.1:${listener.port}/v1/opamp`,
    told,
    get reason() {
      return reason;
    },
    get cameWith() {
      return cameWith;
    },
    want(hash, offers = {}) {
      wanted = hash === undefined ? undefined : { hash, offers };
      if (wanted !== undefined) push(server.connections, offersOf(wanted));
    },
    forget() {
      wanted = undefined;
      told.length = 0;
    },
    async [Symbol.asyncDispose]() {
      await server.close({ deadlineMs: 100 });
      await listener.close();
    },
  };
}

/** To those that are there; the others hear of it when they speak. */
function push(
  connections: Iterable<Connection>,
  connectionSettings: ConnectionSettingsOffersInit,
): void {
  for (const connection of connections) {
    const uid = connection.instanceUids.at(-1);
    if (uid === undefined) continue;
    const instanceUid = bytesFromInstanceUid(uid);
    connection.send({ instanceUid, connectionSettings }).catch(() => {});
  }
}

function offersOf({ hash, offers }: Wanted): ConnectionSettingsOffersInit {
  return { hash: new TextEncoder().encode(hash), ...offers };
}

/** Such as `FAILED v2`; undefined when the message does not say. */
function describeStatus({ connectionSettingsStatus: status }: AgentToServer): string | undefined {
  if (status === undefined) return undefined;
  const hash = new TextDecoder().decode(status.lastConnectionSettingsHash);
  return `${statusNames.get(status.status)} ${hash}`;
}

const statusNames: ReadonlyMap<number, string> = new Map(
  Object.entries(ConnectionSettingsStatuses).map(([name, value]) => [Number(value), name]),
);

import {
  type AgentCapability,
  type AgentToServer,
  bytesFromInstanceUid,
  createInstanceUid,
  type InstanceUid,
  type ServerToAgent,
} from "@opamp/protocol";
import type { Ability, TransportName } from "./ability.ts";
import type { AgentState, ClientOptions, ClientPeer, RunningClient } from "./client-peer.ts";
import { type CountingProxy, startCountingProxy } from "./counting-proxy.ts";
import type { FindOptions } from "./event-log.ts";
import { base64, type MessageJson } from "./json.ts";
import type { RunningServer, ServerOptions, ServerPeer } from "./server-peer.ts";

/** Which client talks to which server, and how. */
export interface Match {
  readonly client: ClientPeer;
  readonly server: ServerPeer;
  readonly transport: TransportName;
}

export interface PairOptions extends Partial<ClientOptions> {
  readonly server?: ServerOptions;
  /** Counts what travels. @default false */
  readonly countBytes?: boolean;
}

/** A running client, a running server, and what they have told each other. */
export interface Pair extends AsyncDisposable {
  readonly client: RunningClient;
  readonly server: RunningServer;
  /** Between them, when bytes are counted. */
  readonly proxy: CountingProxy | undefined;
  /** The uid that the client began with, as bytes and as in messages. */
  readonly instanceUid: Uint8Array;
  readonly instanceUidJson: string;
  readonly capabilities: readonly AgentCapability[];
  /** The first message of the agent that passes the test. */
  serverGot(what: string, test: Test<AgentToServer>, options?: FindOptions): Promise<FromAgent>;
  /** The first message that the agent was told of and that passes the test. */
  clientGot(what: string, test: Test<ServerToAgent>, options?: FindOptions): Promise<FromServer>;
}

export type FromAgent = MessageJson<AgentToServer>;
export type FromServer = MessageJson<ServerToAgent>;
type Test<T> = (message: MessageJson<T>) => boolean;

export const initialState = {
  description: {
    identifyingAttributes: { "service.instance.id": "interop-1", "service.name": "interop" },
    nonIdentifyingAttributes: { "host.cores": 2, "os.type": "linux" },
  },
  health: { healthy: true, status: "starting" },
  effectiveConfig: {
    configMap: { "": { body: new TextEncoder().encode("rate: 1"), contentType: "text/yaml" } },
  },
} satisfies AgentState;

/** How often a client polls when a test waits for it. */
const POLL_INTERVAL_MS = 100;

/** Starts a server, and a client that reports to it. */
export async function startPair(match: Match, options: PairOptions = {}): Promise<Pair> {
  await using cleanup = new AsyncDisposableStack();
  const { server: serverOptions = {}, countBytes = false, ...clientOptions } = options;
  const server = cleanup.use(await match.server.start(serverOptions));
  const proxy = countBytes ? cleanup.use(await startCountingProxy(server.port)) : undefined;
  const abilities = match.client.abilities[match.transport] ?? [];
  const instanceUid = options.instanceUid ?? createInstanceUid();
  const capabilities = options.capabilities ?? capabilitiesFor(abilities);
  const client = cleanup.use(
    await match.client.start({
      url: server.url(match.transport, proxy?.port),
      ...(match.transport === "http" && { heartbeatIntervalMs: POLL_INTERVAL_MS }),
      ...clientOptions,
      instanceUid,
      capabilities,
      state: { ...stateFor(abilities), ...options.state },
    }),
  );
  return createPair({ client, server, proxy, instanceUid, capabilities, owned: cleanup.move() });
}

interface PairParts extends Pick<Pair, "client" | "server" | "proxy" | "capabilities"> {
  readonly instanceUid: InstanceUid;
  readonly owned: AsyncDisposableStack;
}

function createPair({ instanceUid, owned, ...parts }: PairParts): Pair {
  const bytes = bytesFromInstanceUid(instanceUid);
  return {
    ...parts,
    instanceUid: bytes,
    instanceUidJson: base64(bytes),
    serverGot: (what, test, options) =>
      parts.server.events.find(
        `message with ${what}`,
        (event) => (event.event === "message" && test(event.message) ? event.message : undefined),
        options,
      ),
    clientGot: (what, test, options) =>
      parts.client.events.find(
        `message with ${what}`,
        (event) => (event.event === "message" && test(event.message) ? event.message : undefined),
        options,
      ),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function capabilitiesFor(abilities: readonly Ability[]): readonly AgentCapability[] {
  const of = (ability: Ability, ...capabilities: AgentCapability[]): AgentCapability[] =>
    abilities.includes(ability) ? capabilities : [];
  return [
    "ReportsStatus",
    "ReportsHeartbeat",
    ...of("health", "ReportsHealth"),
    ...of("effective-config", "ReportsEffectiveConfig"),
    ...of("commands", "AcceptsRestartCommand"),
    ...of("remote-config", "AcceptsRemoteConfig", "ReportsRemoteConfig"),
    ...of("packages", "AcceptsPackages", "ReportsPackageStatuses"),
    ...of("certificate", "AcceptsOpAMPConnectionSettings", "ReportsConnectionSettingsStatus"),
  ];
}

function stateFor(abilities: readonly Ability[]): AgentState {
  const { description, health, effectiveConfig } = initialState;
  return {
    description,
    ...(abilities.includes("health") && { health }),
    ...(abilities.includes("effective-config") && { effectiveConfig }),
  };
}

import {
  createOpAMPClient,
  createSharedConnection,
  type OpAMPClient,
  type SharedConnectionOptions,
  type SharedStartSettings,
} from "@opamp/client";
import type { AgentConfigMapInit } from "@opamp/protocol";
import { allAbilities } from "../ability.ts";
import type {
  AgentState,
  ClientEvent,
  ClientOptions,
  ClientPeer,
  RunningClient,
} from "../client-peer.ts";
import { createEventLog, type EventLog } from "../event-log.ts";
import { jsonFromMessage } from "../json.ts";

/** The client of this repository. */
export const opampTsClient: ClientPeer = createPeer("@opamp/client", serverOf);

/** The same, on a connection that others could use too. */
export const opampTsSharedClient: ClientPeer = createPeer(
  "@opamp/client on a shared connection",
  (options) => ({ connection: createSharedConnection(serverOf(options)) }),
);

type Place = SharedConnectionOptions | Pick<SharedStartSettings, "connection">;

function serverOf({ url, ca, headers, compression }: ClientOptions): SharedConnectionOptions {
  return {
    serverUrl: url,
    ...(headers && { headers }),
    ...(compression !== undefined && { compression }),
    ...(ca && { tls: { ca } }),
  };
}

function createPeer(name: string, place: (options: ClientOptions) => Place): ClientPeer {
  return {
    name,
    abilities: { websocket: allAbilities, http: allAbilities },
    async start(options) {
      const events = createEventLog<ClientEvent>({ name });
      const agent = createAgent(options, place(options), events);
      await agent.client.start();
      events.push({ event: "started" });
      return {
        events,
        report: (report) => agent.report(report),
        async stop() {
          await agent.client.stop();
          events.push({ event: "stopped" });
        },
        [Symbol.asyncDispose]: () => agent.client[Symbol.asyncDispose](),
      } satisfies RunningClient;
    },
  };
}

interface Agent {
  readonly client: OpAMPClient;
  report(state: AgentState): void;
}

function createAgent(
  { state, instanceUid, capabilities, heartbeatIntervalMs }: ClientOptions,
  place: Place,
  events: EventLog<ClientEvent>,
): Agent {
  const { description, health, customCapabilities, flags } = state;
  if (description === undefined) throw new Error("an agent needs a description");
  let effectiveConfig: AgentConfigMapInit = state.effectiveConfig ?? {};

  const client = createOpAMPClient({
    ...place,
    instanceUid,
    capabilities,
    ...(heartbeatIntervalMs !== undefined && { heartbeatIntervalMs }),
    agentDescription: description,
    ...(health && { health }),
    ...(flags && { flags }),
    ...(customCapabilities && { customCapabilities }),
    callbacks: {
      onConnect: () => events.push({ event: "connected" }),
      onConnectFailed: (error) => events.push({ event: "connectFailed", error: error.message }),
      onServerError: (errorResponse) => {
        const message = { errorResponse: jsonFromMessage(errorResponse) };
        events.push({ event: "message", message });
      },
      onMessage: (message) => events.push({ event: "message", message: jsonFromMessage(message) }),
      onCommand: (command) => {
        events.push({ event: "message", message: { command: jsonFromMessage(command) } });
      },
      getEffectiveConfig: () => effectiveConfig,
    },
  });

  return {
    client,
    report(report) {
      if (report.effectiveConfig) effectiveConfig = report.effectiveConfig;
      reportTo(client, report).catch((error: unknown) => {
        events.push({ event: "failed", command: "report", error: String(error) });
      });
    },
  };
}

async function reportTo(client: OpAMPClient, state: AgentState): Promise<void> {
  if (state.description) client.setAgentDescription(state.description);
  if (state.health) client.setHealth(state.health);
  if (state.effectiveConfig) client.updateEffectiveConfig();
  if (state.remoteConfigStatus) client.setRemoteConfigStatus(state.remoteConfigStatus);
  if (state.flags) client.setFlags(state.flags);
  if (state.customCapabilities) client.setCustomCapabilities(state.customCapabilities);
  if (state.customMessage) await client.sendCustomMessage(state.customMessage);
}

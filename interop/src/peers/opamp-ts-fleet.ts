import {
  type AgentRemoteConfigInit,
  type AgentToServer,
  agentHasCapability,
  ServerToAgentFlags,
  type ServerToAgentInit,
} from "@opamp/protocol";
import type { Connection } from "@opamp/server";
import type { EventLog } from "../event-log.ts";
import { base64 } from "../json.ts";
import type { ServerEvent } from "../server-peer.ts";

/** What an application knows of its agents, and what it has to say to them. */
export interface Fleet {
  answer(connection: Connection, message: AgentToServer): ServerToAgentInit;
  offerConfig(config: AgentRemoteConfigInit): void;
  send(message: ServerToAgentInit): void;
}

interface Agent {
  readonly instanceUid: Uint8Array;
  connection: Connection;
  /** Goes into the next answer to an agent that polls. */
  waiting: ServerToAgentInit;
  described: boolean;
  acceptsConfig: boolean;
  reportedConfig: string | undefined;
  offeredConfig: string | undefined;
}

/** Knows nobody yet. What cannot be sent becomes a `failed` event. */
export function createFleet(events: EventLog<ServerEvent>): Fleet {
  const agents = new Map<string, Agent>();
  let offer: AgentRemoteConfigInit | undefined;

  const push = (agent: Agent, message: ServerToAgentInit): void => {
    agent.connection
      .send({ instanceUid: agent.instanceUid, ...message })
      .catch((error: unknown) => {
        events.push({ event: "failed", command: "send", error: String(error) });
      });
  };

  return {
    answer(connection, message) {
      const key = base64(message.instanceUid);
      const agent = agents.get(key) ?? newAgent(message.instanceUid, connection);
      agents.set(key, agent);
      note(agent, connection, message);
      const { waiting } = agent;
      agent.waiting = {};
      const remoteConfig = dueConfig(agent, offer);
      return {
        ...waiting,
        ...(remoteConfig && { remoteConfig }),
        ...(!agent.described && { flags: ServerToAgentFlags.ReportFullState }),
      };
    },
    offerConfig(config) {
      offer = config;
      for (const agent of agents.values()) {
        if (agent.connection.transport === "http") continue;
        const remoteConfig = dueConfig(agent, offer);
        if (remoteConfig) push(agent, { remoteConfig });
      }
    },
    send(message) {
      const agent = agents.get(base64(message.instanceUid ?? new Uint8Array()));
      if (agent === undefined) {
        events.push({ event: "failed", command: "send", error: "no such agent" });
      } else if (agent.connection.transport === "http") {
        agent.waiting = { ...agent.waiting, ...message };
      } else {
        push(agent, message);
      }
    },
  };
}

function newAgent(instanceUid: Uint8Array, connection: Connection): Agent {
  return {
    instanceUid,
    connection,
    waiting: {},
    described: false,
    acceptsConfig: false,
    reportedConfig: undefined,
    offeredConfig: undefined,
  };
}

function note(agent: Agent, connection: Connection, message: AgentToServer): void {
  agent.connection = connection;
  agent.acceptsConfig = agentHasCapability(message.capabilities, "AcceptsRemoteConfig");
  agent.described ||= message.agentDescription !== undefined;
  if (message.remoteConfigStatus) {
    agent.reportedConfig = base64(message.remoteConfigStatus.lastRemoteConfigHash);
  }
}

/** The offer, unless the agent has it already or was told once. */
function dueConfig(
  agent: Agent,
  offer: AgentRemoteConfigInit | undefined,
): AgentRemoteConfigInit | undefined {
  if (offer === undefined || !agent.acceptsConfig) return undefined;
  const hash = base64(offer.configHash ?? new Uint8Array());
  if (hash === agent.reportedConfig || hash === agent.offeredConfig) return undefined;
  agent.offeredConfig = hash;
  return offer;
}

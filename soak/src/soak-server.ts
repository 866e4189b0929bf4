import { createHash } from "node:crypto";
import {
  type AgentToServer,
  attributesFromKeyValues,
  type InstanceUid,
  instanceUidFromBytes,
  type ServerToAgentInit,
} from "@opamp/protocol";
import { type Connection, createOpAMPServer, type OpAMPServer } from "@opamp/server";
import { MessageLog } from "./message-log.ts";
import { type Snapshot, SOAK_CAPABILITY, textOfConfig } from "./snapshot.ts";

/** The server's end: it keeps what agents report, and gives them configs and messages. */
export interface SoakServer extends AsyncDisposable {
  readonly server: OpAMPServer;
  /** What the server knows of an agent, from the first time that it is asked for. */
  recordOf(uid: InstanceUid): AgentRecord;
}

/** What the server knows of one agent. */
export class AgentRecord {
  readonly fromAgent: MessageLog = new MessageLog();
  readonly toAgent: MessageLog = new MessageLog();
  connection: Connection | undefined;
  readonly #parts: Partial<Record<keyof AgentToServer, unknown>> = {};
  #sequenceNum: bigint | undefined;
  #isIncomplete = false;
  #config = "";

  /** Another config that the agent should have. */
  wish(config: string): void {
    this.#config = config;
  }

  get config(): string {
    return this.#config;
  }

  /** Takes a report in, and makes the answer. */
  receive(message: AgentToServer): ServerToAgentInit {
    const expected = (this.#sequenceNum ?? -1n) + 1n;
    if (message.sequenceNum !== expected) this.#isIncomplete = true;
    if (message.agentDescription !== undefined) this.#isIncomplete = false;
    this.#sequenceNum = message.sequenceNum;
    for (const [name, value] of Object.entries(message)) {
      if (value !== undefined) this.#parts[name as keyof AgentToServer] = value;
    }
    const { customMessage } = message;
    if (customMessage !== undefined) this.fromAgent.arrive(Number(customMessage.type));
    return this.answer();
  }

  /** What the agent should be told now. */
  answer(): ServerToAgentInit {
    return {
      ...(this.#isIncomplete ? { flags: 1n } : {}),
      ...(this.#config === "" ? {} : { remoteConfig: this.offer() }),
    };
  }

  offer(): NonNullable<ServerToAgentInit["remoteConfig"]> {
    const body = Buffer.from(this.#config);
    const configHash = createHash("sha256").update(body).digest();
    return { configHash, config: { configMap: { "": { body } } } };
  }

  snapshot(): Snapshot {
    const parts = this.#parts as Partial<AgentToServer>;
    const attributes = parts.agentDescription?.identifyingAttributes ?? [];
    const hash = parts.remoteConfigStatus?.lastRemoteConfigHash ?? new Uint8Array();
    return {
      description: JSON.stringify(attributesFromKeyValues(attributes)),
      capabilities: String(parts.capabilities),
      health: String(parts.health?.lastError),
      effectiveConfig: textOfConfig(parts.effectiveConfig?.configMap),
      remoteConfigHash: Buffer.from(hash).toString("hex"),
      customCapabilities: String(parts.customCapabilities?.capabilities),
    };
  }
}

export async function startSoakServer(): Promise<SoakServer> {
  const agents = new Map<InstanceUid, AgentRecord>();
  const recordOf = (uid: InstanceUid): AgentRecord => {
    const record = agents.get(uid) ?? new AgentRecord();
    agents.set(uid, record);
    return record;
  };
  const server = createOpAMPServer({
    capabilities: ["AcceptsStatus", "OffersRemoteConfig", "AcceptsEffectiveConfig"],
    customCapabilities: [SOAK_CAPABILITY],
    timeouts: { requestMs: 2000, writeMs: 2000, pingIntervalMs: 1000, pongMs: 1000, closeMs: 2000 },
    callbacks: {
      onMessage: (connection, message) => {
        const record = recordOf(instanceUidFromBytes(message.instanceUid));
        if (connection.transport === "websocket") record.connection = connection;
        const answer = record.receive(message);
        return connection.transport === "http"
          ? { ...answer, ...messageInAnswer(record, connection) }
          : answer;
      },
      onConnectionClosed: (connection) => {
        for (const record of agents.values()) {
          if (record.connection === connection) record.connection = undefined;
        }
      },
    },
  });
  await server.listen({ port: 0, host: "127.0.0.1" });
  return { server, recordOf, [Symbol.asyncDispose]: () => server.close() };
}

/** One more message for an agent that polls; whether the answer arrives is not known here. */
function messageInAnswer(record: AgentRecord, connection: Connection): ServerToAgentInit {
  const number = record.toAgent.take();
  record.toAgent.wrote(number, connection.id);
  return { customMessage: { capability: SOAK_CAPABILITY, type: String(number) } };
}

/** Sends to an agent that is connected: a new config, or one more message. */
export function pushTo(record: AgentRecord, what: "config" | "message"): void {
  const { connection } = record;
  if (connection === undefined) return;
  if (what === "config") {
    connection.send({ remoteConfig: record.offer() }).catch(ignoreBroken);
    return;
  }
  const number = record.toAgent.take();
  connection.send({ customMessage: { capability: SOAK_CAPABILITY, type: String(number) } }).then(
    () => record.toAgent.wrote(number, connection.id),
    () => record.toAgent.failed(),
  );
}

/** A push to a connection that breaks is made up for by the next answer. */
function ignoreBroken(): void {}

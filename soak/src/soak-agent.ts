import { createHash } from "node:crypto";
import { createOpAMPClient, exponentialBackoff, type OpAMPClient } from "@opamp/client";
import {
  bitsFromAgentCapabilities,
  type InstanceUid,
  type Random,
  RemoteConfigStatuses,
} from "@opamp/protocol";
import { type Snapshot, SOAK_CAPABILITY } from "./snapshot.ts";
import type { AgentRecord } from "./soak-server.ts";

export interface SoakAgentOptions {
  readonly scheme: "ws" | "http";
  readonly port: number;
  readonly compression: boolean;
  readonly random: Random;
  /** Where the server keeps what it knows, and both ends what they sent. */
  readonly record: (uid: InstanceUid) => AgentRecord;
}

const CAPABILITIES = [
  "ReportsStatus",
  "ReportsHeartbeat",
  "ReportsHealth",
  "AcceptsRemoteConfig",
  "ReportsRemoteConfig",
  "ReportsEffectiveConfig",
] as const;

export const HEARTBEAT_MS = 800;

/** How many custom messages wait at most. */
const MAX_WAITING = 50;

/** The agent's end: it changes its state at random, applies configs and sends messages. */
export class SoakAgent {
  readonly client: OpAMPClient;
  readonly name: string;
  readonly polls: boolean;
  readonly #options: SoakAgentOptions;
  #revision = 0;
  #health = "none";
  #config = "";
  #description = 0;
  #hash = "";
  #waiting = 0;
  /** Counts connections, so that each written message has one. */
  #connection = 0;

  constructor(options: SoakAgentOptions) {
    this.#options = options;
    this.polls = options.scheme === "http";
    this.name = `${options.scheme}${options.compression ? " compressed" : ""}`;
    this.client = createOpAMPClient({
      serverUrl: `${options.scheme}://127.0.0.1:${options.port}/v1/opamp`,
      agentDescription: this.#attributes(),
      capabilities: CAPABILITIES,
      customCapabilities: [SOAK_CAPABILITY],
      health: { lastError: this.#health },
      compression: options.compression,
      heartbeatIntervalMs: HEARTBEAT_MS,
      random: options.random,
      retry: exponentialBackoff({ initialMs: 50, maxMs: 1000 }),
      timeouts: {
        connectMs: 2000,
        responseMs: 2000,
        writeMs: 2000,
        pingIntervalMs: 1000,
        pongMs: 1000,
        stopMs: 2000,
      },
      callbacks: {
        onConnect: () => {
          this.#connection += 1;
        },
        getEffectiveConfig: () => ({ configMap: { "": { body: Buffer.from(this.#config) } } }),
        onMessage: ({ remoteConfig, customMessage }) => {
          if (remoteConfig !== undefined) this.#apply(remoteConfig.config?.configMap[""]?.body);
          if (customMessage !== undefined) this.#record.toAgent.arrive(Number(customMessage.type));
        },
      },
    });
  }

  /** The number of the connection now. */
  get connection(): number {
    return this.#connection;
  }

  /** Does one thing at random. */
  act(): void {
    const draw = this.#options.random();
    this.#revision += 1;
    if (draw < 0.3) this.#setHealth();
    else if (draw < 0.4) this.#setDescription();
    else if (draw < 0.5) this.#setConfig();
    else this.send();
  }

  /** Sends one more message, unless too many wait. */
  send(): void {
    if (this.#waiting >= MAX_WAITING) return;
    const log = this.#record.fromAgent;
    const number = log.take();
    this.#waiting += 1;
    this.client
      .sendCustomMessage({ capability: SOAK_CAPABILITY, type: String(number) })
      .then(
        () => log.wrote(number, this.#connection),
        () => log.failed(),
      )
      .finally(() => {
        this.#waiting -= 1;
      });
  }

  snapshot(): Snapshot {
    return {
      description: JSON.stringify(this.#attributes().identifyingAttributes),
      capabilities: String(bitsFromAgentCapabilities(CAPABILITIES)),
      health: this.#health,
      effectiveConfig: this.#config,
      remoteConfigHash: this.#hash,
      customCapabilities: SOAK_CAPABILITY,
    };
  }

  get #record(): AgentRecord {
    return this.#options.record(this.client.instanceUid);
  }

  #attributes(): { readonly identifyingAttributes: Record<string, string> } {
    return {
      identifyingAttributes: { "service.name": "soak", "service.version": `${this.#description}` },
    };
  }

  #setHealth(): void {
    this.#health = `revision ${this.#revision}`;
    this.client.setHealth({ healthy: true, lastError: this.#health });
  }

  #setDescription(): void {
    this.#description = this.#revision;
    this.client.setAgentDescription(this.#attributes());
  }

  /** Of a size that takes many packets, now and then. */
  #setConfig(): void {
    this.#config = `own ${this.#revision} `.padEnd(
      this.#options.random() < 0.1 ? 200_000 : 20,
      "x",
    );
    this.client.updateEffectiveConfig();
  }

  #apply(body: Uint8Array = new Uint8Array()): void {
    const lastRemoteConfigHash = createHash("sha256").update(body).digest();
    this.#hash = lastRemoteConfigHash.toString("hex");
    this.#config = Buffer.from(body).toString();
    this.client.updateEffectiveConfig();
    this.client.setRemoteConfigStatus({
      lastRemoteConfigHash,
      status: RemoteConfigStatuses.APPLIED,
    });
  }
}

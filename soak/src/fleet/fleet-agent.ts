import {
  createOpAMPClient,
  exponentialBackoff,
  type OpAMPClient,
  type SharedConnection,
} from "@opamp/client";
import {
  type AgentRemoteConfig,
  copyStatusPart,
  createInstanceUid,
  equalStatusParts,
  type InstanceUid,
  keyValuesFromAttributes,
  RemoteConfigStatuses,
  type StatusPart,
  type StatusPartInit,
  statusParts,
} from "@opamp/protocol";
import type { TrackedAgent } from "@opamp/server";

/** How an agent gets to its server. */
export type Way = { readonly serverUrl: string } | { readonly connection: SharedConnection };

export const retry = exponentialBackoff({ initialMs: 1000, maxMs: 4000 });
const HEARTBEAT_MS = 5000;

const decoder = new TextDecoder();

/** One agent, which knows exactly what it has last been told to report. */
export class FleetAgent {
  readonly uid: InstanceUid = createInstanceUid();
  readonly client: OpAMPClient;
  readonly #wanted = new Map<StatusPart, StatusPartInit<StatusPart>>();
  #revision = 0;
  #config = "";

  constructor(way: Way) {
    this.#wantDescription();
    this.#want("health", this.#health);
    this.#wantConfig();
    const own = "serverUrl" in way ? { retry } : {};
    this.client = createOpAMPClient({
      ...way,
      ...own,
      instanceUid: this.uid,
      agentDescription: this.#description,
      health: this.#health,
      capabilities: [
        "ReportsHeartbeat",
        "ReportsHealth",
        "ReportsEffectiveConfig",
        "AcceptsRemoteConfig",
        "ReportsRemoteConfig",
      ],
      heartbeatIntervalMs: HEARTBEAT_MS,
      callbacks: {
        getEffectiveConfig: () => this.#effectiveConfig,
        onMessage: ({ remoteConfig }) => {
          if (remoteConfig !== undefined) this.#apply(remoteConfig);
        },
      },
    });
  }

  /** The config that it has applied. */
  get config(): string {
    return this.#config;
  }

  /** Something about it is new. */
  change(what: "description" | "health"): void {
    this.#revision += 1;
    if (what === "health") {
      this.#want("health", this.#health);
      this.client.setHealth(this.#health);
    } else {
      this.#wantDescription();
      this.client.setAgentDescription(this.#description);
    }
  }

  /** What differs between the agent and what is known of it; undefined when nothing does. */
  differenceFrom(known: TrackedAgent | undefined): string | undefined {
    if (known === undefined) return "is not known";
    const part = statusParts.find((name) => !this.#agreesOn(name, known));
    return part && `has another ${part}`;
  }

  #agreesOn<P extends StatusPart>(part: P, { parts }: TrackedAgent): boolean {
    const wanted = this.#wanted.get(part) as StatusPartInit<P> | undefined;
    const value = wanted && copyStatusPart(part, wanted);
    return equalStatusParts(part, value, parts[part]);
  }

  #want<P extends StatusPart>(part: P, init: StatusPartInit<P>): void {
    this.#wanted.set(part, init);
  }

  #wantDescription(): void {
    const { identifyingAttributes } = this.#description;
    this.#want("agentDescription", {
      identifyingAttributes: keyValuesFromAttributes(identifyingAttributes),
    });
  }

  get #description() {
    const attributes = { "service.name": "fleet", "service.instance.id": this.uid };
    return { identifyingAttributes: { ...attributes, revision: this.#revision } };
  }

  get #health() {
    return { healthy: this.#revision % 2 === 0, lastError: `${this.uid} ${this.#revision}` };
  }

  get #effectiveConfig() {
    return { configMap: { "edge.yaml": { body: Buffer.from(this.#config) } } };
  }

  #wantConfig(): void {
    this.#want("effectiveConfig", { configMap: this.#effectiveConfig });
  }

  #apply({ config, configHash }: AgentRemoteConfig): void {
    this.#config = decoder.decode(config?.configMap["edge.yaml"]?.body);
    this.#wantConfig();
    this.client.updateEffectiveConfig();
    const status = { lastRemoteConfigHash: configHash, status: RemoteConfigStatuses.APPLIED };
    this.#want("remoteConfigStatus", status);
    this.client.setRemoteConfigStatus(status);
  }
}

import {
  type AgentCapability,
  agentCapabilitiesFromBits,
  agentHasCapability,
  attributesFromKeyValues,
  type ComponentHealth,
  type EffectiveConfig,
  type KeyValue,
  type RemoteConfigStatus,
} from "@opamp/protocol";
import type { TrackedAgent } from "@opamp/server";
import { attributeText } from "./attribute-text.ts";
import type { DesiredConfig } from "./desired-config.ts";
import { remoteConfigStatusName } from "./message-summary.ts";
import { shortHash } from "./short-hash.ts";

/** How an agent is connected: by WebSocket, by HTTP requests now and then, or not any more. */
export type LinkState = "connected" | "polling" | "gone";

/** What the page knows an agent by. Plain JSON, as everything here. */
export interface AgentSummary {
  readonly uid: string;
  readonly name: string;
  readonly health: "healthy" | "unhealthy" | "unknown";
  readonly link: LinkState;
  readonly transport: "websocket" | "http";
  readonly lastSeenMs: number;
}

/** The whole state of an agent. */
export interface AgentView extends AgentSummary {
  readonly sequenceNum: string;
  readonly identifying: readonly AttributeView[];
  readonly nonIdentifying: readonly AttributeView[];
  readonly capabilities: readonly string[];
  readonly healthTree: HealthView | null;
  readonly effectiveConfig: readonly FileView[];
  readonly remoteConfig: RemoteConfigView | null;
  readonly desiredConfig: { readonly text: string; readonly hash: string } | null;
  readonly takesConfig: boolean;
  readonly takesRestart: boolean;
}

export type AttributeView = readonly [key: string, text: string];

export interface HealthView {
  readonly name: string;
  readonly healthy: boolean;
  readonly status: string;
  readonly lastError: string;
  /** Milliseconds since the epoch; 0 when not known. */
  readonly startedMs: number;
  readonly statusMs: number;
  readonly components: readonly HealthView[];
}

export interface FileView {
  readonly name: string;
  readonly contentType: string;
  readonly text: string;
}

export interface RemoteConfigView {
  readonly status: string;
  readonly hash: string;
  readonly error: string;
}

export function summaryOf(agent: TrackedAgent): AgentSummary {
  const { uid, presence, transport, lastSeenMs } = agent;
  const { agentDescription } = agent.parts;
  const name = attributesFromKeyValues(agentDescription?.identifyingAttributes ?? [])[
    "service.name"
  ];
  return {
    uid,
    name: name === undefined ? "" : attributeText(name),
    health: healthNow(agent),
    link: presence === "silent" ? "connected" : presence,
    transport,
    lastSeenMs,
  };
}

/** Of an agent that is gone nobody knows. */
function healthNow({ presence, parts: { health } }: TrackedAgent): AgentSummary["health"] {
  if (presence === "gone" || health === undefined) return "unknown";
  return health.healthy ? "healthy" : "unhealthy";
}

export function viewOf(agent: TrackedAgent, desired: DesiredConfig | undefined): AgentView {
  const { agentDescription, health, effectiveConfig, remoteConfigStatus } = agent.parts;
  const can = (capability: AgentCapability) => agentHasCapability(agent.capabilities, capability);
  return {
    ...summaryOf(agent),
    sequenceNum: String(agent.sequenceNum),
    identifying: attributeViews(agentDescription?.identifyingAttributes),
    nonIdentifying: attributeViews(agentDescription?.nonIdentifyingAttributes),
    capabilities: agentCapabilitiesFromBits(agent.capabilities),
    healthTree: health === undefined ? null : healthView("agent", health),
    effectiveConfig: fileViews(effectiveConfig),
    remoteConfig: remoteConfigStatus === undefined ? null : remoteConfigView(remoteConfigStatus),
    desiredConfig:
      desired === undefined
        ? null
        : { text: desired.text, hash: shortHash(desired.offer.configHash) },
    takesConfig: can("AcceptsRemoteConfig"),
    takesRestart: can("AcceptsRestartCommand"),
  };
}

function attributeViews(pairs: readonly KeyValue[] = []): readonly AttributeView[] {
  return Object.entries(attributesFromKeyValues(pairs)).map(([key, value]) => [
    key,
    attributeText(value),
  ]);
}

function healthView(name: string, health: ComponentHealth): HealthView {
  const { healthy, status, lastError, componentHealthMap } = health;
  return {
    name,
    healthy,
    status,
    lastError,
    startedMs: msFromNano(health.startTimeUnixNano),
    statusMs: msFromNano(health.statusTimeUnixNano),
    components: Object.entries(componentHealthMap).map(([child, its]) => healthView(child, its)),
  };
}

function fileViews(config: EffectiveConfig | undefined): readonly FileView[] {
  const files = Object.entries(config?.configMap?.configMap ?? {});
  return files.map(([name, { body, contentType }]) => ({ name, contentType, text: textOf(body) }));
}

function remoteConfigView(status: RemoteConfigStatus): RemoteConfigView {
  return {
    status: remoteConfigStatusName(status.status),
    hash: shortHash(status.lastRemoteConfigHash),
    error: status.errorMessage,
  };
}

function msFromNano(nano: bigint): number {
  return Number(nano / 1_000_000n);
}

function textOf(body: Uint8Array): string {
  return new TextDecoder().decode(body);
}

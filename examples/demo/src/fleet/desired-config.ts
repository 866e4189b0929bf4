import { createHash } from "node:crypto";
import { type AgentRemoteConfigInit, agentHasCapability } from "@opamp/protocol";
import type { AgentRecord } from "./agent-record.ts";

/** The config that an agent should have. */
export interface DesiredConfig {
  readonly text: string;
  readonly hash: Uint8Array;
  readonly offer: AgentRemoteConfigInit;
}

/** Makes a desired config of a text, under the name and type of the agent's own config file. */
export function desiredConfig(text: string, record: AgentRecord): DesiredConfig {
  const files = Object.entries(record.parts.effectiveConfig?.configMap?.configMap ?? {});
  const [only] = files.length === 1 ? files : [];
  const [name, contentType] = [only?.[0] ?? "", only?.[1].contentType ?? "text/yaml"];
  const hash = createHash("sha256")
    .update(JSON.stringify([name, contentType, text]))
    .digest();
  const body = new TextEncoder().encode(text);
  return {
    text,
    hash,
    offer: { config: { configMap: { [name]: { body, contentType } } }, configHash: hash },
  };
}

/**
 * Whether an agent has to be offered a config: it takes configs, and the last one it received is
 * another. One that it received and refused is not offered again.
 */
export function needsOffer(
  record: AgentRecord,
  desired: DesiredConfig,
  lastOfferedHash: Uint8Array | undefined,
): boolean {
  if (!agentHasCapability(record.capabilities, "AcceptsRemoteConfig")) return false;
  const reports = agentHasCapability(record.capabilities, "ReportsRemoteConfig");
  // An agent that never says what it received is offered each config once.
  const received = reports
    ? record.parts.remoteConfigStatus?.lastRemoteConfigHash
    : lastOfferedHash;
  return received === undefined || Buffer.compare(received, desired.hash) !== 0;
}

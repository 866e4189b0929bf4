import {
  type AgentToServer,
  agentToServerFlagsFromBits,
  RemoteConfigStatuses,
  ServerToAgentFlags,
  type ServerToAgentInit,
  statusParts,
} from "@opamp/protocol";
import { shortHash } from "./short-hash.ts";

/** What an agent says, in one line. */
export function summariseReport(message: AgentToServer): string {
  const said = statusParts.flatMap((part) => (message[part] ? [wordsOf(part, message)] : []));
  if (message.customMessage) said.push(`custom message ${message.customMessage.type}`);
  if (message.connectionSettingsRequest) said.push("asks for connection settings");
  if (message.agentDisconnect) said.push("says goodbye");
  for (const flag of agentToServerFlagsFromBits(message.flags)) said.push(`flag ${flag}`);
  return `#${message.sequenceNum} ${said.length > 0 ? said.join(", ") : "heartbeat"}`;
}

/** What the server says, in one line. */
export function summariseAnswer(answer: ServerToAgentInit): string {
  const said: string[] = [];
  if (answer.command) said.push("commands a restart");
  if (answer.remoteConfig) said.push(`offers config ${shortHash(answer.remoteConfig.configHash)}`);
  if (((answer.flags ?? 0n) & ServerToAgentFlags.ReportFullState) !== 0n) {
    said.push("asks for the full state");
  }
  if (answer.agentIdentification) said.push("assigns an instance uid");
  return said.length > 0 ? said.join(", ") : "acknowledges";
}

const words: Partial<Record<(typeof statusParts)[number], string>> = {
  agentDescription: "description",
  effectiveConfig: "effective config",
  packageStatuses: "package statuses",
  customCapabilities: "custom capabilities",
  availableComponents: "available components",
  connectionSettingsStatus: "connection settings status",
};

function wordsOf(part: (typeof statusParts)[number], message: AgentToServer): string {
  if (part === "health") return message.health?.healthy ? "healthy" : "unhealthy";
  if (part === "remoteConfigStatus") {
    const { status, lastRemoteConfigHash } = message.remoteConfigStatus ?? {};
    return `config ${shortHash(lastRemoteConfigHash)} ${remoteConfigStatusName(status)}`;
  }
  return words[part] ?? part;
}

/** `APPLIED`, and so on; a number that has no name as it is. */
export function remoteConfigStatusName(status: number | undefined): string {
  const found = Object.entries(RemoteConfigStatuses).find(([, number]) => number === status);
  return found?.[0] ?? String(status);
}

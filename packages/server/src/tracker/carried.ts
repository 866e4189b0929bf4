import { type AgentToServer, statusParts } from "@opamp/protocol";

const fields = [
  ...statusParts,
  "agentDisconnect",
  "connectionSettingsRequest",
  "customMessage",
] as const;

/** What a message carries, one bit for each field that may be left out. */
export function carriedBits(message: AgentToServer): number {
  let bits = 0;
  for (let i = 0; i < fields.length; i += 1) {
    const field = fields[i];
    if (field !== undefined && message[field] !== undefined) bits |= 1 << i;
  }
  return bits;
}

/** Whether that is nothing: without a loop, for nearly all messages carry nothing. */
export function carriesNothing(message: AgentToServer): boolean {
  return (
    message.agentDescription === undefined &&
    message.health === undefined &&
    message.effectiveConfig === undefined &&
    message.remoteConfigStatus === undefined &&
    message.packageStatuses === undefined &&
    message.customCapabilities === undefined &&
    message.availableComponents === undefined &&
    message.connectionSettingsStatus === undefined &&
    message.agentDisconnect === undefined &&
    message.connectionSettingsRequest === undefined &&
    message.customMessage === undefined
  );
}

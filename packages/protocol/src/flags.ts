import { bitsFromNames, namesFromBits, type UnknownBit } from "./bits.ts";

/** Bits of AgentToServer.flags. */
export const AgentToServerFlags = {
  /** Asks the server to assign an instance uid (C-37). */
  RequestInstanceUid: 0x1n,
} as const;

/** Bits of ServerToAgent.flags. */
export const ServerToAgentFlags = {
  /** Asks the agent to report every status part (C-57). */
  ReportFullState: 0x1n,
  /** Asks the agent for the whole map of its components (C-211). */
  ReportAvailableComponents: 0x2n,
} as const;

export type AgentToServerFlag = keyof typeof AgentToServerFlags;
export type ServerToAgentFlag = keyof typeof ServerToAgentFlags;

/** The flags an agent set, by name; a bit without a name reads `bit40`. */
export function agentToServerFlagsFromBits(
  bits: bigint,
): readonly (AgentToServerFlag | UnknownBit)[] {
  return namesFromBits(AgentToServerFlags, bits);
}

/** The bits of AgentToServer.flags. Throws `invalid-argument` for an unknown name. */
export function bitsFromAgentToServerFlags(
  names: readonly (AgentToServerFlag | UnknownBit)[],
): bigint {
  return bitsFromNames(AgentToServerFlags, names, "a flag of AgentToServer");
}

/** The flags a server set, by name; a bit without a name reads `bit40`. */
export function serverToAgentFlagsFromBits(
  bits: bigint,
): readonly (ServerToAgentFlag | UnknownBit)[] {
  return namesFromBits(ServerToAgentFlags, bits);
}

/** The bits of ServerToAgent.flags. Throws `invalid-argument` for an unknown name. */
export function bitsFromServerToAgentFlags(
  names: readonly (ServerToAgentFlag | UnknownBit)[],
): bigint {
  return bitsFromNames(ServerToAgentFlags, names, "a flag of ServerToAgent");
}

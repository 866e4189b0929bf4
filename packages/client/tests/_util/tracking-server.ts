import {
  type AgentToServer,
  equalStatusParts,
  ServerToAgentFlags,
  type ServerToAgentInit,
  type StatusPart,
  type StatusPartValue,
  statusParts,
} from "@opamp/protocol";

/** A server that remembers what an agent reported, and asks for all of it when it missed something. */
export interface TrackingServer {
  /** Answers a message, or returns undefined for one that never arrived. */
  answer(message: AgentToServer): ServerToAgentInit | undefined;
  /** The next message never arrives. */
  loseNext(): void;
  /** The next answer asks for full state, as after a restart that lost everything. */
  forget(): void;
  knows<P extends StatusPart>(part: P, value: StatusPartValue<P> | undefined): boolean;
}

export function createTrackingServer(): TrackingServer {
  const parts = new Map<StatusPart, StatusPartValue<StatusPart>>();
  let lastNumber: bigint | undefined;
  let losing = false;
  return {
    answer(message) {
      if (losing) {
        losing = false;
        return undefined;
      }
      const isGap = message.sequenceNum !== (lastNumber ?? -1n) + 1n;
      lastNumber = message.sequenceNum;
      for (const part of statusParts) {
        const value = message[part];
        if (value !== undefined) parts.set(part, value);
      }
      return isGap ? { flags: ServerToAgentFlags.ReportFullState } : {};
    },
    loseNext() {
      losing = true;
    },
    forget() {
      parts.clear();
      lastNumber = -100n;
    },
    knows(part, value) {
      return equalStatusParts(part, value, parts.get(part) as typeof value);
    },
  };
}

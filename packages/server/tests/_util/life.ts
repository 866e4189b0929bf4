import {
  type AgentCapability,
  type AgentToServerInit,
  bitsFromAgentCapabilities,
  bytesFromInstanceUid,
  createInstanceUid,
  decodeAgentToServer,
  encodeAgentToServer,
  type InstanceUid,
  ServerToAgentFlags,
  type ServerToAgentInit,
} from "@opamp/protocol";
import { type TrackContext, type Tracked, type TrackedAgent, track } from "@opamp/server";

export interface LifeOptions extends Partial<TrackContext> {
  readonly capabilities?: readonly AgentCapability[];
}

/** An agent and what a server knows of it. */
export interface Life {
  readonly uid: InstanceUid;
  readonly known: TrackedAgent | undefined;
  /** What the last message changed. */
  readonly last: Tracked;
  /** Says something under the next sequence number, or another; returns the answer. */
  say(message?: AgentToServerInit, context?: Partial<TrackContext>): ServerToAgentInit;
  /** Says the last message once more, byte by byte. */
  repeat(context?: Partial<TrackContext>): ServerToAgentInit;
  /** The types of the events of the last message. */
  readonly eventTypes: readonly string[];
  /** Moves time forward. */
  wait(ms: number): void;
  /** The server loses all that it knew. */
  forget(): void;
  /** The server knows something else. */
  restore(known: TrackedAgent): void;
}

export function createLife({ capabilities = ["ReportsStatus"], ...rest }: LifeOptions = {}): Life {
  const uid = createInstanceUid();
  let nowMs = 1_000_000;
  let sequence = -1n;
  let bytes = new Uint8Array();
  let known: TrackedAgent | undefined;
  let last: Tracked | undefined;
  const hear = (context: Partial<TrackContext>): ServerToAgentInit => {
    const message = decodeAgentToServer(bytes);
    last = track(known, message, { nowMs, transport: "websocket", link: "1", ...rest, ...context });
    known = last.known;
    return last.answer;
  };
  return {
    uid,
    get known() {
      return known;
    },
    get last() {
      if (last === undefined) throw new Error("nothing was said yet");
      return last;
    },
    say(message = {}, context = {}) {
      sequence = message.sequenceNum ?? sequence + 1n;
      bytes = encodeAgentToServer({
        instanceUid: bytesFromInstanceUid(uid),
        capabilities: bitsFromAgentCapabilities(capabilities),
        ...message,
        sequenceNum: sequence,
      });
      return hear(context);
    },
    repeat: (context = {}) => hear(context),
    get eventTypes() {
      return last?.events.map(({ type }) => type) ?? [];
    },
    wait(ms) {
      nowMs += ms;
    },
    forget() {
      known = undefined;
    },
    restore(restored) {
      known = restored;
    },
  };
}

/** Whether an answer asks for the full state. */
export function asksForFullState({ flags = 0n }: ServerToAgentInit): boolean {
  return (flags & ServerToAgentFlags.ReportFullState) !== 0n;
}

export const description = {
  identifyingAttributes: [
    { key: "service.name", value: { value: { case: "stringValue", value: "edge" } } },
  ],
} as const;

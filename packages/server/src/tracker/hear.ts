import {
  type AgentToServer,
  AgentToServerFlags,
  copyStatusPart,
  type InstanceUid,
  instanceUidFromBytes,
} from "@opamp/protocol";
import { carriedBits } from "./carried.ts";
import { changesBetween } from "./changes.ts";
import { hasMap } from "./components.ts";
import { type Continuity, continuityOf, nextOf } from "./continuity.ts";
import { suspect } from "./interleaving.ts";
import { mergeParts } from "./merge-parts.ts";
import { type OfferKind, offerKinds } from "./offers-made.ts";
import { type Completeness, noteReported, reportRules } from "./reported-offer.ts";
import type { Arrival } from "./track-context.ts";
import type { Presence, StatusParts, TrackedAgent } from "./tracked-agent.ts";
import { partChanged, type TrackerEvent } from "./tracker-event.ts";

/** What a message says beside the state of its agent. */
export interface Heard {
  readonly known: TrackedAgent;
  readonly events: readonly TrackerEvent[];
  readonly asksForUid: boolean;
  readonly saysGoodbye: boolean;
  readonly repeated: boolean;
  /** It carries the map of components. */
  readonly reportsComponents: boolean;
  readonly reportedKinds: readonly OfferKind[];
}

/** Takes in a message of an agent: what is known then, and what of it is new. */
export function hear(
  before: TrackedAgent | undefined,
  message: AgentToServer,
  arrival: Arrival,
): Heard {
  if (before !== undefined && isRoutine(before, message, arrival)) {
    return { ...nothingNew, known: afterRoutine(before, message, arrival) };
  }
  const continuity = continuityOf(before, message);
  const merged = mergeParts(before?.parts ?? {}, message, continuity);
  const known = knownAfter(before, message, { ...arrival, continuity, parts: merged.parts });
  const repeated = continuity === "repeated";
  return {
    known,
    events: [
      ...changesBetween(before, known),
      ...merged.changed.map((part) =>
        partChanged(known.uid, part, { before: before?.parts ?? {}, after: known.parts }),
      ),
      ...eventsOfMessage(known, message, repeated),
      ...gapEvents(before, message, continuity),
    ],
    asksForUid: (message.flags & AgentToServerFlags.RequestInstanceUid) !== 0n,
    saysGoodbye: message.agentDisconnect !== undefined,
    repeated,
    reportsComponents:
      message.availableComponents !== undefined && hasMap(message.availableComponents),
    reportedKinds: offerKinds.filter((kind) => message[reportRules[kind].part] !== undefined),
  };
}

const nothingNew: Omit<Heard, "known"> = {
  events: [],
  asksForUid: false,
  saysGoodbye: false,
  repeated: false,
  reportsComponents: false,
  reportedKinds: [],
};

/** Nearly all messages are heartbeats in their order: they take the short way. */
function isRoutine(before: TrackedAgent, message: AgentToServer, arrival: Arrival): boolean {
  return (
    message.flags === 0n &&
    message.capabilities === before.capabilities &&
    message.sequenceNum === nextOf(before) &&
    before.presence === presenceAfter(message, arrival.transport) &&
    before.recovery === undefined &&
    before.successor === undefined &&
    before.interleaving === undefined &&
    carriedBits(message) === 0
  );
}

function afterRoutine(
  before: TrackedAgent,
  { sequenceNum }: AgentToServer,
  { link, nowMs }: Arrival,
): TrackedAgent {
  return { ...before, sequenceNum, carried: 0, link, lastSeenMs: nowMs };
}

interface Classified extends Arrival {
  readonly continuity: Continuity;
  readonly parts: StatusParts;
}

function knownAfter(
  before: TrackedAgent | undefined,
  message: AgentToServer,
  { continuity, parts, nowMs, transport, link }: Classified,
): TrackedAgent {
  const { capabilities, sequenceNum } = message;
  const expected = nextOf(before);
  return {
    ...uidsAfter(before, message),
    capabilities,
    parts,
    sequenceNum,
    carried: carriedBits(message),
    presence: presenceAfter(message, transport),
    transport,
    link,
    firstSeenMs: before?.firstSeenMs ?? nowMs,
    lastSeenMs: nowMs,
    recovery: recoveryAfter(before, continuity),
    offers: noteReported(before?.offers ?? {}, parts, completenessOf(continuity)),
    componentsRequest: before?.componentsRequest,
    interleaving:
      expected === undefined || continuity === "repeated"
        ? before?.interleaving
        : suspect(before?.interleaving, sequenceNum, expected),
  };
}

function uidsAfter(
  before: TrackedAgent | undefined,
  message: AgentToServer,
): { readonly uid: InstanceUid; readonly successor: InstanceUid | undefined } {
  if (before !== undefined && before.successor === undefined) {
    return { uid: before.uid, successor: undefined };
  }
  const uid = instanceUidFromBytes(message.instanceUid);
  return { uid, successor: before?.successor === uid ? undefined : before?.successor };
}

function presenceAfter(
  { agentDisconnect }: AgentToServer,
  transport: Arrival["transport"],
): Presence {
  if (agentDisconnect !== undefined) return "gone";
  return transport === "http" ? "polling" : "connected";
}

/** Whether the agent's full state is missing: needed after a break, until it was reported (S-27, S-31). */
function recoveryAfter(
  before: TrackedAgent | undefined,
  continuity: Continuity,
): TrackedAgent["recovery"] {
  switch (continuity) {
    case "start":
    case "complete":
    case "full-report":
      return undefined;
    case "next":
    case "repeated":
      return before?.recovery;
    case "broken":
      return before?.recovery ?? { attempts: 0, atMs: 0, atSequence: 0n, link: "" };
    default:
      return continuity satisfies never;
  }
}

function completenessOf(continuity: Continuity): Completeness {
  if (continuity === "start") return "all-anew";
  return continuity === "complete" || continuity === "full-report" ? "all" : "some";
}

function eventsOfMessage(
  { uid }: TrackedAgent,
  { availableComponents }: AgentToServer,
  repeated: boolean,
): readonly TrackerEvent[] {
  const events: TrackerEvent[] = [];
  if (repeated) events.push({ type: "message-repeated", uid });
  if (availableComponents !== undefined && hasMap(availableComponents)) {
    events.push({
      type: "components-reported",
      uid,
      components: copyStatusPart("availableComponents", availableComponents),
    });
  }
  return events;
}

function gapEvents(
  before: TrackedAgent | undefined,
  { sequenceNum }: AgentToServer,
  continuity: Continuity,
): readonly TrackerEvent[] {
  if (before === undefined || continuity === "repeated") return [];
  if (sequenceNum === nextOf(before)) return [];
  return [{ type: "gap", uid: before.uid, before: before.sequenceNum, after: sequenceNum }];
}

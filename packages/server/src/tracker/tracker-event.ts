import type {
  AvailableComponents,
  InstanceUid,
  StatusPart,
  StatusPartValue,
} from "@opamp/protocol";
import type { OfferKind } from "./offers-made.ts";
import type { Presence, StatusParts } from "./tracked-agent.ts";

/** The event that says that a status part changed. */
export const partEventTypes = {
  agentDescription: "description-changed",
  health: "health-changed",
  effectiveConfig: "effective-config-changed",
  remoteConfigStatus: "remote-config-status-changed",
  packageStatuses: "package-statuses-changed",
  customCapabilities: "custom-capabilities-changed",
  availableComponents: "available-components-changed",
  connectionSettingsStatus: "connection-settings-status-changed",
} as const;

interface Changed<T extends string, V> {
  readonly type: T;
  readonly uid: InstanceUid;
  readonly before: V;
  readonly after: V;
}

/**
 * A status part is another than before; undefined when the agent has none. Each value is decoded when
 * it is looked at.
 */
export type PartChangedEvent = {
  [P in StatusPart]: Changed<(typeof partEventTypes)[P], StatusPartValue<P> | undefined>;
}[StatusPart];

/** What is new about an agent. A message that says nothing new has none. */
export type TrackerEvent =
  /** Heard for the first time, or for the first time since it was forgotten. */
  | { readonly type: "agent-appeared"; readonly uid: InstanceUid }
  /** It was gone, and made room for another; what is stored of it stays. */
  | { readonly type: "agent-forgotten"; readonly uid: InstanceUid }
  | Changed<"presence-changed", Presence | undefined>
  | Changed<"capabilities-changed", bigint | undefined>
  | PartChangedEvent
  /** It is heard under the uid that it was told to take. */
  | Changed<"uid-changed", InstanceUid>
  /** It was told to take another uid. */
  | { readonly type: "uid-assigned"; readonly uid: InstanceUid; readonly newUid: InstanceUid }
  /** Two agents use this uid: on two live connections, or by the order of their messages. */
  | {
      readonly type: "duplicate-uid";
      readonly uid: InstanceUid;
      readonly seenBy: "connections" | "sequence";
    }
  /** The sequence number is not the next: messages were missed, or the agent began anew. */
  | Changed<"gap", bigint>
  /** The last message came once more. */
  | { readonly type: "message-repeated"; readonly uid: InstanceUid }
  | { readonly type: "full-state-requested"; readonly uid: InstanceUid; readonly attempt: number }
  /** The whole map of components that belongs to a hash. */
  | {
      readonly type: "components-reported";
      readonly uid: InstanceUid;
      readonly components: AvailableComponents;
    }
  | {
      readonly type: "offered";
      readonly uid: InstanceUid;
      readonly kind: OfferKind;
      readonly hash: Uint8Array;
    }
  | { readonly type: "restart-commanded"; readonly uid: InstanceUid };

/** What Node.js prints, in place of the getters. */
const printable = {
  [Symbol.for("nodejs.util.inspect.custom")](): object {
    return { ...this };
  },
};

/** The event for a part. Its values are decoded when they are looked at, as those of the agent are. */
export function partChanged(
  uid: InstanceUid,
  part: StatusPart,
  { before, after }: { readonly before: StatusParts; readonly after: StatusParts },
): PartChangedEvent {
  return {
    __proto__: printable,
    type: partEventTypes[part],
    uid,
    get before() {
      return before[part];
    },
    get after() {
      return after[part];
    },
  } as PartChangedEvent;
}

import {
  type AgentToServerInit,
  bitsFromAgentCapabilities,
  bytesFromInstanceUid,
  createInstanceUid,
  decodeAgentToServer,
  encodeAgentToServer,
  type InstanceUid,
  instanceUidFromBytes,
  type ServerToAgentInit,
} from "@opamp/protocol";
import {
  type AgentTracker,
  type AgentTrackerSettings,
  type Connection,
  type ConnectRequest,
  createAgentTracker,
  type TrackerEvent,
} from "@opamp/server";
import { createFakeClock, type FakeClock } from "@opamp/test-kit";
import { description } from "./life.ts";

/** A connection that a test holds both ends of. */
export interface FakeConnection extends Connection {
  readonly pushed: ServerToAgentInit[];
  /** What a ping finds. */
  alive: boolean;
  /** What `send` does. @default resolves */
  sending: () => Promise<void>;
  closedWith: number | undefined;
  heard(uid: InstanceUid): void;
}

let connections = 0;

export function fakeConnection(transport: Connection["transport"] = "websocket"): FakeConnection {
  connections += 1;
  const uids: InstanceUid[] = [];
  const connection: FakeConnection = {
    id: connections,
    transport,
    request: {} as ConnectRequest,
    instanceUids: uids,
    pushed: [],
    alive: true,
    sending: () => Promise.resolve(),
    closedWith: undefined,
    heard: (uid) => void (uids.includes(uid) || uids.push(uid)),
    send(message) {
      connection.pushed.push(message);
      return connection.sending();
    },
    ping: async () => connection.alive,
    async disconnect(code = 1000) {
      connection.closedWith = code;
    },
  };
  return connection;
}

/** What agents of tests can do, unless they say otherwise. */
const capabilities: bigint = bitsFromAgentCapabilities([
  "ReportsStatus",
  "ReportsHeartbeat",
  "AcceptsRemoteConfig",
  "ReportsRemoteConfig",
  "AcceptsPackages",
  "ReportsEffectiveConfig",
  "AcceptsRestartCommand",
  "ReportsAvailableComponents",
]);

export interface FakeAgentOptions {
  readonly uid?: InstanceUid;
  readonly connection?: FakeConnection;
}

/** An agent as the tracker meets it. */
export interface FakeAgent {
  readonly uid: InstanceUid;
  connection: FakeConnection;
  sequenceNum: bigint;
  /** Says something and takes the answer. */
  say(message?: AgentToServerInit): Promise<ServerToAgentInit>;
  /** Takes over a uid. */
  rename(uid: Uint8Array | undefined): void;
}

export const first: AgentToServerInit = {
  agentDescription: description,
  effectiveConfig: { configMap: { configMap: { f: { body: Uint8Array.of(9) } } } },
  availableComponents: { hash: Uint8Array.of(7) },
};

export interface TrackedFleet {
  readonly clock: FakeClock;
  readonly tracker: AgentTracker;
  readonly events: TrackerEvent[];
  readonly agent: (options?: FakeAgentOptions) => FakeAgent;
  /** The events of a type. */
  readonly eventsOf: <T extends TrackerEvent["type"]>(
    type: T,
  ) => Extract<TrackerEvent, { type: T }>[];
}

export function createTrackedFleet(settings: AgentTrackerSettings = {}): TrackedFleet {
  const clock = createFakeClock();
  const events: TrackerEvent[] = [];
  const tracker = createAgentTracker({
    clock,
    onEvent: (event) => void events.push(event),
    ...settings,
  });
  return {
    clock,
    tracker,
    events,
    agent: (options) => fakeAgent(tracker, options),
    eventsOf: <T extends TrackerEvent["type"]>(type: T) =>
      events.filter((event): event is Extract<TrackerEvent, { type: T }> => event.type === type),
  };
}

function fakeAgent(tracker: AgentTracker, options: FakeAgentOptions = {}): FakeAgent {
  let uid = options.uid ?? createInstanceUid();
  return {
    get uid() {
      return uid;
    },
    connection: options.connection ?? fakeConnection(),
    sequenceNum: -1n,
    rename(bytes) {
      if (bytes !== undefined) uid = instanceUidFromBytes(bytes);
    },
    async say(message = {}) {
      this.sequenceNum = message.sequenceNum ?? this.sequenceNum + 1n;
      const bytes = encodeAgentToServer({
        instanceUid: bytesFromInstanceUid(uid),
        capabilities,
        ...message,
        sequenceNum: this.sequenceNum,
      });
      this.connection.heard(uid);
      return (await tracker.callbacks.onMessage(this.connection, decodeAgentToServer(bytes))) ?? {};
    },
  };
}

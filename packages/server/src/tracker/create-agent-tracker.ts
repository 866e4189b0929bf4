import type { AgentToServer, InstanceUid, ServerCapability } from "@opamp/protocol";
import { describeThrown, instanceUidFromBytes, type ServerToAgentInit } from "@opamp/protocol";
import type { Connection } from "../connection.ts";
import { AgentRegistry } from "./agent-registry.ts";
import { AgentTeller } from "./agent-teller.ts";
import type { AgentTracker, AgentTrackerSettings, TrackerCallbacks } from "./agent-tracker.ts";
import { MessageIntake } from "./message-intake.ts";
import { resolveTrackerSettings } from "./resolve-tracker-settings.ts";

const capabilities: readonly ServerCapability[] = [
  "AcceptsStatus",
  "AcceptsEffectiveConfig",
  "AcceptsPackagesStatus",
];

const offering: readonly ServerCapability[] = [
  "OffersRemoteConfig",
  "OffersPackages",
  "OffersConnectionSettings",
];

/** Makes a tracker. Throws `invalid-argument` for a setting that makes no sense. */
export function createAgentTracker(settings: AgentTrackerSettings = {}): AgentTracker {
  const registry = new AgentRegistry(resolveTrackerSettings(settings));
  const teller = new AgentTeller(registry);
  const { entries, components } = registry;
  return {
    callbacks: createCallbacks(registry, teller),
    capabilities: settings.desired === undefined ? capabilities : [...capabilities, ...offering],
    agents: () => Array.from(entries.values(), ({ known }) => known),
    agent: (uid) => entries.find(uid)?.known,
    stats: () => registry.stats(),
    components: (hash) => components.get(hash),
    refresh: (uid, options = {}) => teller.refresh(uid, options),
    refreshAll: (options = {}) => teller.refreshAll(options),
    restart: (uid) => teller.restart(uid),
    close: () => registry.close(),
    [Symbol.asyncDispose]: () => registry.close(),
  };
}

function createCallbacks(registry: AgentRegistry, teller: AgentTeller): TrackerCallbacks {
  const intake = new MessageIntake(registry);
  return {
    onMessage: (connection: Connection, message: AgentToServer, instanceUid?: InstanceUid) =>
      intake.take({
        uid: instanceUid ?? instanceUidFromBytes(message.instanceUid),
        connection,
        message,
      }),
    onMessageResponseError(_connection: Connection, response: ServerToAgentInit) {
      const { instanceUid } = response;
      if (instanceUid === undefined) return;
      const entry = registry.entries.find(instanceUidFromBytes(instanceUid));
      if (entry === undefined) return;
      teller.notDelivered(entry, response).catch((thrown: unknown) => {
        const { logger } = registry.settings;
        logger.error(`agent ${entry.known.uid} was not stored: ${describeThrown(thrown)}`);
      });
    },
    onConnectionClosed: (connection: Connection) => registry.disconnected(connection),
  };
}

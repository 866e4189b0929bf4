import type { Callbacks, OpAMPClient } from "@opamp/client";
import {
  type AgentConfigMapInit,
  type AgentIdentification,
  type AgentRemoteConfig,
  instanceUidFromBytes,
  RemoteConfigStatuses,
} from "@opamp/protocol";
import { formatConfig, type HostwatchConfig } from "./config.ts";
import { describeAgent } from "./description.ts";
import type { Hostwatch } from "./hostwatch.ts";
import type { Log } from "./log.ts";
import type { ManagedConfig } from "./managed-config.ts";
import { statusOfOutcome } from "./remote-config.ts";
import type { StateStore } from "./state-store.ts";

export interface AgentParts {
  readonly name: string;
  readonly store: StateStore;
  readonly config: ManagedConfig;
  readonly watch: Hostwatch;
  readonly log: Log;
  /** The client that calls back; made after its callbacks. */
  readonly client: () => OpAMPClient;
}

/** What the agent does about what the server says. */
export function createAgentCallbacks(parts: AgentParts): Callbacks {
  const { config, watch, log } = parts;
  return {
    getEffectiveConfig: () => effectiveConfig(config.current),
    onMessage({ remoteConfig, agentIdentification }) {
      if (agentIdentification !== undefined) takeIdentification(agentIdentification, parts);
      if (remoteConfig !== undefined && !config.isKnown(remoteConfig)) {
        takeOffer(remoteConfig, parts);
      }
    },
    onCommand() {
      log("starts over, as the server commands");
      watch.start(config.current);
    },
    onServerError: ({ errorMessage }) => log(`the server answers with an error: ${errorMessage}`),
    onError: (error) => log(`${error.name}: ${error.message}`),
  };
}

function takeIdentification(
  { newInstanceUid }: AgentIdentification,
  { name, store, log, client }: AgentParts,
): void {
  const instanceUid = instanceUidFromBytes(newInstanceUid);
  store.update({ instanceUid });
  client().setAgentDescription(describeAgent(name, instanceUid));
  log(`has the instance uid ${instanceUid} from now on`);
}

function takeOffer(offer: AgentRemoteConfig, { config, watch, log, client }: AgentParts): void {
  client().setRemoteConfigStatus({
    lastRemoteConfigHash: offer.configHash,
    status: RemoteConfigStatuses.APPLYING,
  });
  const outcome = config.take(offer);
  if (outcome.error === undefined) {
    watch.start(config.current);
    client().updateEffectiveConfig();
  }
  client().setRemoteConfigStatus(statusOfOutcome(outcome));
  log(outcome.error === undefined ? "applies a new config" : `refuses a config: ${outcome.error}`);
}

function effectiveConfig(config: HostwatchConfig): AgentConfigMapInit {
  const body = new TextEncoder().encode(formatConfig(config));
  return { configMap: { "hostwatch.yaml": { body, contentType: "text/yaml" } } };
}

import { createOpAMPClient, exponentialBackoff } from "@opamp/client";
import { type AgentCapability, systemClock } from "@opamp/protocol";
import { createAgentCallbacks } from "./agent-callbacks.ts";
import type { AgentArguments } from "./arguments.ts";
import { logConnection } from "./connection-log.ts";
import { describeAgent } from "./description.ts";
import { lockDirectory } from "./directory-lock.ts";
import { hostMetrics } from "./host-metrics.ts";
import { createHostwatch } from "./hostwatch.ts";
import type { Log } from "./log.ts";
import { createManagedConfig } from "./managed-config.ts";
import { createOutput } from "./output.ts";
import { statusOfOutcome } from "./remote-config.ts";
import { openStateStore } from "./state-store.ts";

/** Hostwatch under the management of an OpAMP server. */
export interface HostwatchAgent {
  start(): Promise<void>;
  stop(): Promise<void>;
}

const capabilities: readonly AgentCapability[] = [
  "ReportsStatus",
  "AcceptsRemoteConfig",
  "ReportsRemoteConfig",
  "ReportsEffectiveConfig",
  "ReportsHealth",
  "ReportsHeartbeat",
  "AcceptsRestartCommand",
];

/** Makes an agent. Throws when its directory or the server's URL cannot be used. */
export function createHostwatchAgent(args: AgentArguments, log: Log): HostwatchAgent {
  const { name, directory } = args;
  const unlock = lockDirectory(directory);
  const store = openStateStore(directory);
  const { instanceUid, lastOffer } = store.state;
  const config = createManagedConfig(store);
  const watch = createHostwatch({
    clock: systemClock,
    sources: hostMetrics,
    openOutput: (output) => createOutput(output, { directory }),
    onHealthChange: () => client.setHealth(watch.health()),
  });
  const client = createOpAMPClient({
    serverUrl: args.server,
    instanceUid,
    agentDescription: describeAgent(name, instanceUid),
    capabilities,
    health: watch.health(),
    ...(lastOffer && { remoteConfigStatus: statusOfOutcome(lastOffer) }),
    retry: exponentialBackoff({ initialMs: 500, maxMs: 10_000 }),
    callbacks: createAgentCallbacks({ name, store, config, watch, log, client: () => client }),
  });
  return {
    async start() {
      log(`instance uid ${instanceUid}, state and metrics in ${directory}`);
      watch.start(config.current);
      void logConnection(client, log);
      await client.start();
    },
    async stop() {
      await Promise.all([watch.stop(), client.stop()]);
      unlock();
    },
  };
}

import { createOpAMPClient, type OpAMPClient } from "@opamp/client";
import { OpAMPError, systemClock } from "@opamp/protocol";
import { guardLogger } from "@opamp/protocol/internal";
import { Activities } from "./activities.ts";
import type { Agent } from "./agent.ts";
import { clientSettings } from "./client-settings.ts";
import { givenConnection } from "./connection-settings/given-connection.ts";
import type { FeatureContext } from "./feature.ts";
import { createFeatures } from "./features.ts";
import { ManagedAgent } from "./managed-agent.ts";
import { OwnConnection } from "./own-connection.ts";
import { createProblemReport } from "./problem-report.ts";
import type { AgentSettings } from "./settings.ts";
import { lockDirectory } from "./state/directory-lock.ts";
import { nodeFileSystem } from "./state/file-system.ts";
import { StateFiles } from "./state/state-files.ts";

/**
 * Makes an agent that remembers what it was told: `start()` makes it speak. Rejects with
 * `state-unusable` when another process uses the directory, a newer version wrote it, or the disk
 * refuses; with `invalid-argument`, naming the member, for a setting that does not fit.
 *
 * @example
 * await using agent = await createAgent({
 *   serverUrl: "wss://fleet.example.com/v1/opamp",
 *   stateDirectory: "/var/lib/edge",
 *   description: { serviceName: "edge", serviceVersion: "1.4.2" },
 *   remoteConfig: { apply: ({ objects }) => reload(objects["edge.yaml"]?.text()) },
 * });
 * await agent.start();
 */
export async function createAgent(settings: AgentSettings): Promise<Agent> {
  const { fileSystem: fs = nodeFileSystem, stateDirectory: directory } = settings;
  const unlock = onDisk(directory, () => {
    fs.makeDirectory(directory);
    return lockDirectory(fs, directory);
  });
  try {
    return onDisk(directory, () => assemble(settings, unlock));
  } catch (thrown) {
    unlock();
    throw thrown;
  }
}

function assemble(settings: AgentSettings, unlock: () => void): Agent {
  const { callbacks = {}, logger, clock = systemClock } = settings;
  const { fileSystem: fs = nodeFileSystem, stateDirectory: directory } = settings;
  const report = createProblemReport(guardLogger(logger), callbacks);
  const client = (): OpAMPClient => made;
  const context: FeatureContext = {
    files: new StateFiles({ directory, fs, clock, onDamage: report }),
    clock,
    random: settings.random ?? Math.random,
    activities: new Activities(),
    startTimeUnixNano: BigInt(Math.round(clock.now())) * 1_000_000n,
    ownConnection: new OwnConnection(givenConnection(settings)),
    stopMs: settings.timeouts?.stopMs ?? 5000,
    report,
    client,
    updateEffectiveConfig: () => updateEffectiveConfig(settings, made, report),
  };
  const features = createFeatures(settings, context);
  const made = createOpAMPClient(
    clientSettings(settings, features, context.ownConnection.settings),
  );
  return new ManagedAgent({
    client: made,
    features,
    unlock,
    startTimeUnixNano: context.startTimeUnixNano,
  });
}

/** The user may have withdrawn the capability. */
function updateEffectiveConfig(
  settings: AgentSettings,
  client: OpAMPClient,
  report: FeatureContext["report"],
): void {
  if (settings.effectiveConfig === undefined) return;
  try {
    client.updateEffectiveConfig();
  } catch (thrown) {
    report(OpAMPError.from(thrown, "invalid-state", "the effective config"));
  }
}

function onDisk<T>(directory: string, act: () => T): T {
  try {
    return act();
  } catch (thrown) {
    if (!(thrown instanceof Error && "syscall" in thrown)) throw thrown;
    throw OpAMPError.from(thrown, "state-unusable", `the state directory ${directory}`);
  }
}

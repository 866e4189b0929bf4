import { createOpAMPClient, type OpAMPClient } from "@opamp/client";
import { OpAMPError, systemClock } from "@opamp/protocol";
import { guardLogger } from "@opamp/protocol/internal";
import { Activities } from "./activities.ts";
import type { Agent } from "./agent.ts";
import { clientSettings } from "./client-settings.ts";
import { givenConnection } from "./connection-settings/given-connection.ts";
import type { FeatureContext } from "./feature.ts";
import { createFeatures } from "./features.ts";
import { assertKnownSettings } from "./known-settings.ts";
import { ManagedAgent } from "./managed-agent.ts";
import { createOutcomeLog } from "./outcome-log.ts";
import { OwnConnection } from "./own-connection.ts";
import { createTelemetryEngine, type TelemetryEngine } from "./own-telemetry/telemetry-engine.ts";
import { loadTelemetrySdk, type TelemetrySdk } from "./own-telemetry/telemetry-sdk.ts";
import { createProblemReport } from "./problem-report.ts";
import type { AgentSettings } from "./settings.ts";
import { lockDirectory } from "./state/directory-lock.ts";
import { nodeFileSystem } from "./state/file-system.ts";
import { ownedFileSystem } from "./state/owned-file-system.ts";
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
  assertKnownSettings(settings);
  const { fileSystem: fs = nodeFileSystem, stateDirectory: directory } = settings;
  const sdk = settings.ownTelemetry && (await loadTelemetrySdk());
  const unlock = onDisk(directory, () => {
    fs.makeDirectory(directory);
    return lockDirectory(fs, directory);
  });
  try {
    return onDisk(directory, () => assemble(settings, { unlock, sdk }));
  } catch (thrown) {
    unlock();
    throw thrown;
  }
}

interface Parts {
  readonly unlock: () => void;
  /** Where the agent sends telemetry of its own. */
  readonly sdk: TelemetrySdk | undefined;
}

function assemble(given: AgentSettings, { unlock, sdk }: Parts): Agent {
  const telemetry = sdk && createTelemetry(given, { sdk, client: () => made });
  const settings = telemetry === undefined ? given : { ...given, logger: telemetry.logger };
  const { callbacks = {}, logger, clock = systemClock } = settings;
  const { fileSystem = nodeFileSystem, stateDirectory: directory } = settings;
  const { fs, release } = ownedFileSystem(fileSystem);
  const guarded = guardLogger(logger);
  const report = createProblemReport(guarded, callbacks);
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
    outcomes: createOutcomeLog(guarded),
    client,
    updateEffectiveConfig: () => updateEffectiveConfig(settings, made, report),
  };
  const features = createFeatures(settings, context, telemetry);
  const made = createOpAMPClient(
    clientSettings(settings, features, context.ownConnection.settings),
  );
  return new ManagedAgent({
    client: made,
    features,
    ownTelemetry: telemetry?.providers,
    unlock() {
      release();
      unlock();
    },
    startTimeUnixNano: context.startTimeUnixNano,
  });
}

function createTelemetry(
  settings: AgentSettings,
  { sdk, client }: { readonly sdk: TelemetrySdk; readonly client: () => OpAMPClient },
): TelemetryEngine {
  const { ownTelemetry = {}, logger, clock = systemClock, random = Math.random } = settings;
  return createTelemetryEngine({
    settings: ownTelemetry,
    sdk,
    logger: guardLogger(logger),
    clock,
    random,
    policy: settings.connectionSettings?.policy ?? {},
    description: () => client().agentDescription,
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

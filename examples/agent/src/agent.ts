import { readFileSync } from "node:fs";
import { type AgentSettings, createAgent } from "@opamp/agent";
import { exponentialBackoff } from "@opamp/client";
import { describeThrown, systemClock } from "@opamp/protocol";
import type { AgentArguments } from "./arguments.ts";
import { defaultConfig, formatConfig } from "./config.ts";
import { logConnection } from "./connection-log.ts";
import { hostMetrics } from "./host-metrics.ts";
import { createHostwatch, type Hostwatch } from "./hostwatch.ts";
import type { Log } from "./log.ts";
import { createOutput } from "./output.ts";
import { createProbesPackage } from "./probes-package.ts";
import { readOffer } from "./remote-config.ts";

/** Hostwatch under the management of an OpAMP server. */
export interface HostwatchAgent {
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Makes an agent. Rejects when its directory or the server's URL cannot be used. */
export async function createHostwatchAgent(
  args: AgentArguments,
  log: Log,
): Promise<HostwatchAgent> {
  const { name, directory } = args;
  const probes = createProbesPackage(log, () => watch.restart());
  const watch = createHostwatch({
    clock: systemClock,
    sources: hostMetrics,
    probes: () => probes.source,
    openOutput: (output) => createOutput(output, { directory }),
    onHealthChange: () => agent.setHealth(watch.health()),
  });
  const agent = await createAgent({
    ...connection(args),
    stateDirectory: directory,
    description: {
      serviceName: name,
      serviceVersion: "0.1.0",
      attributes: { "process.pid": process.pid },
    },
    health: watch.health(),
    retry: exponentialBackoff({ initialMs: 500, maxMs: 10_000 }),
    packages: probes.settings,
    ...managed(watch, log),
  });
  return {
    async start() {
      log(`instance uid ${agent.instanceUid}, state and metrics in ${directory}`);
      await probes.load(agent);
      watch.start(defaultConfig);
      void logConnection(agent.client, log);
      await agent.start();
    },
    async stop() {
      await Promise.all([watch.stop(), agent.stop()]);
    },
  };
}

/** How the server is reached. */
function connection({ server, ca, token }: AgentArguments) {
  return {
    serverUrl: server,
    ...(ca !== undefined && { tls: { ca: readFileSync(ca, "utf8") } }),
    ...(token !== undefined && { headers: { authorization: `Bearer ${token}` } }),
  };
}

/** What the server may do with hostwatch. */
function managed(watch: Hostwatch, log: Log): Partial<AgentSettings> {
  let current = defaultConfig;
  return {
    remoteConfig: {
      validate(offer) {
        try {
          readOffer(offer);
        } catch (thrown) {
          log(`refuses a config: ${describeThrown(thrown)}`);
          throw thrown;
        }
      },
      apply(offer) {
        log("applies a config");
        current = readOffer(offer);
        watch.start(current);
      },
    },
    effectiveConfig: () => ({
      "hostwatch.yaml": { body: formatConfig(current), contentType: "text/yaml" },
    }),
    connectionSettings: {},
    commands: {
      restart() {
        log("starts over, as the server commands");
        watch.restart();
      },
    },
    callbacks: {
      onServerError: ({ errorMessage }) => log(`the server answers with an error: ${errorMessage}`),
      onError: (error) => log(`${error.name}: ${error.message}`),
    },
  };
}

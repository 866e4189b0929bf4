import { type Clock, type ComponentHealthInit, describeThrown } from "@opamp/protocol";
import { createHealthTree, type HealthTree } from "./component-health.ts";
import type { HostwatchConfig } from "./config.ts";
import { formatDurationMs } from "./duration.ts";
import type { MetricSource, MetricSources, Sample } from "./host-metrics.ts";
import type { Output } from "./output.ts";
import { sleep } from "./sleep.ts";

/** Samples metrics of the host at an interval and writes them as lines of JSON. */
export interface Hostwatch {
  /** Watches by this config from now on; started already, it starts over. */
  start(config: HostwatchConfig): void;
  /** Starts over with the same config; does nothing before `start`. */
  restart(): void;
  stop(): Promise<void>;
  health(): ComponentHealthInit;
}

export interface HostwatchOptions {
  readonly clock: Clock;
  readonly sources: MetricSources;
  /** What is measured beside the metrics of the config, if anything. */
  readonly probes?: () => MetricSource | undefined;
  readonly openOutput: (name: string) => Output;
  /** Called when `health()` would answer something new. */
  readonly onHealthChange: () => void;
}

export function createHostwatch(options: HostwatchOptions): Hostwatch {
  const health = createHealthTree(options.clock, options.onHealthChange);
  let stopping = new AbortController();
  let running = Promise.resolve();
  let current: HostwatchConfig | undefined;
  const start = (config: HostwatchConfig): void => {
    current = config;
    stopping.abort();
    stopping = new AbortController();
    const { signal } = stopping;
    const probe = options.probes?.();
    health.start([...config.metrics, ...(probe ? ["probes"] : []), "output"], "starting");
    const before = running;
    running = before.then(() => watch({ ...options, config, health, signal, probe }));
  };
  return {
    start,
    restart() {
      if (current !== undefined) start(current);
    },
    async stop() {
      stopping.abort();
      await running;
    },
    health: () => health.report(),
  };
}

interface Watch extends HostwatchOptions {
  readonly config: HostwatchConfig;
  readonly health: HealthTree;
  readonly signal: AbortSignal;
  readonly probe: MetricSource | undefined;
}

async function watch({ config, signal, probe, ...options }: Watch): Promise<void> {
  const sources: NamedSource[] = config.metrics.map((name) => ({
    name,
    read: options.sources[name](),
  }));
  if (probe !== undefined) sources.push({ name: "probes", read: probe });
  const output = options.openOutput(config.output);
  while (await sleep(config.intervalMs, { clock: options.clock, signal })) {
    const samples = sources.flatMap((source) => readSource(source, options.health));
    const status = `writing to ${config.output} every ${formatDurationMs(config.intervalMs)}`;
    const error = await writeSamples(output, samples, options.clock);
    if (!signal.aborted)
      options.health.set("output", error === undefined ? { status } : { status: "failing", error });
  }
}

interface NamedSource {
  readonly name: string;
  readonly read: MetricSource;
}

function readSource(source: NamedSource, health: HealthTree): readonly Sample[] {
  try {
    const samples = source.read();
    health.set(source.name, { status: "sampling" });
    return samples;
  } catch (thrown) {
    health.set(source.name, { status: "failing", error: describeThrown(thrown) });
    return [];
  }
}

async function writeSamples(
  output: Output,
  samples: readonly Sample[],
  clock: Clock,
): Promise<string | undefined> {
  const timeUnixNano = `${Math.round(clock.now())}000000`;
  try {
    await output.write(samples.map((sample) => JSON.stringify({ timeUnixNano, ...sample })));
    return undefined;
  } catch (thrown) {
    return describeThrown(thrown);
  }
}

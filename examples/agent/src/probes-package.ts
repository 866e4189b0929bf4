import { readFile } from "node:fs/promises";
import type { Agent, PackageFile, PackagesSettings } from "@opamp/agent";
import type { MetricSource } from "./host-metrics.ts";
import type { Log } from "./log.ts";
import { createProbesSource, PROBES_PACKAGE, parseProbes } from "./probes.ts";

/** The probes that are installed, and how they come in. */
export interface ProbesPackage {
  readonly source: MetricSource | undefined;
  readonly settings: PackagesSettings;
  /** Takes the probes that an earlier run has installed. */
  load(agent: Agent): Promise<void>;
}

/** `onChange` hears when there are other probes than before. */
export function createProbesPackage(log: Log, onChange: () => void): ProbesPackage {
  let source: MetricSource | undefined;
  const read = async ({ path }: PackageFile): Promise<MetricSource> =>
    createProbesSource(parseProbes(await readFile(path, "utf8")));
  return {
    get source() {
      return source;
    },
    settings: {
      maxPackageBytes: 64 * 1024,
      async install(pkg) {
        if (pkg.name !== PROBES_PACKAGE) throw new Error("hostwatch has no use for it");
        source = await read(pkg);
        log(`measures with the probes ${pkg.version}`);
        onChange();
      },
      uninstall({ name }) {
        if (name !== PROBES_PACKAGE) return;
        source = undefined;
        log("measures without probes");
        onChange();
      },
      // What cannot be measured once is not worth having.
      isHealthy() {
        source?.();
        return true;
      },
    },
    async load(agent) {
      const pkg = agent.packages.get(PROBES_PACKAGE);
      if (pkg !== undefined) source = await read(pkg);
    },
  };
}

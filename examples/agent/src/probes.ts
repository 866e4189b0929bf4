import { statfsSync } from "node:fs";
import { describeThrown } from "@opamp/protocol";
import { parse } from "yaml";
import type { MetricSource, Sample } from "./host-metrics.ts";

/** The only package that hostwatch has a use for: what else to measure. */
export const PROBES_PACKAGE = "hostwatch-probes";

const MAX_FILESYSTEMS = 20;

/** Reads a package such as `filesystems: [/, /var]`. Throws, with the reason, for anything else. */
export function parseProbes(text: string): readonly string[] {
  const content = parseYaml(text);
  const hasPaths = typeof content === "object" && content !== null && "filesystems" in content;
  const paths: unknown = hasPaths ? content.filesystems : undefined;
  const isPath = (path: unknown): path is string => typeof path === "string" && path !== "";
  if (Array.isArray(paths) && paths.length <= MAX_FILESYSTEMS && paths.every(isPath)) return paths;
  throw new Error(`expected probes such as "filesystems: [/]", at most ${MAX_FILESYSTEMS} of them`);
}

function parseYaml(text: string): unknown {
  try {
    return parse(text);
  } catch (cause) {
    throw new Error(`the probes are no YAML: ${describeThrown(cause)}`, { cause });
  }
}

/** Measures how full file systems are. */
export function createProbesSource(paths: readonly string[]): MetricSource {
  return () => paths.map(sampleFilesystem);
}

function sampleFilesystem(path: string): Sample {
  const { blocks, bfree } = statfsSync(path);
  const used = blocks > 0 ? (blocks - bfree) / blocks : 0;
  return {
    name: "system.filesystem.utilization",
    unit: "1",
    value: Math.round(used * 10_000) / 10_000,
    attributes: { "system.filesystem.mountpoint": path },
  };
}

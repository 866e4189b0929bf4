import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PackageFile } from "@opamp/agent";
import { createFakeClock } from "@opamp/test-kit";
import { describe, expect, it, onTestFinished } from "vitest";
import { createHostwatch } from "./hostwatch.ts";
import { createProbesSource, PROBES_PACKAGE, parseProbes } from "./probes.ts";
import { createProbesPackage } from "./probes-package.ts";

const signal = new AbortController().signal;

function packageOf(text: string, name = PROBES_PACKAGE): PackageFile {
  const directory = mkdtempSync(join(tmpdir(), "hostwatch-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const path = join(directory, "content");
  writeFileSync(path, text);
  const hash = Uint8Array.of(1);
  return { name, version: "1.0", type: 0, hash, contentHash: hash, downloadUrl: "", path };
}

describe("parseProbes", () => {
  it("reads the file systems to be measured", () => {
    expect(parseProbes("filesystems: [/, /var]")).toEqual(["/", "/var"]);
  });

  it.each(["", "a: [", "filesystems: /", "filesystems: [7]", "[]"])("refuses %j", (text) => {
    expect(() => parseProbes(text)).toThrow(/expected probes|no YAML/);
  });
});

describe("a package of probes", () => {
  it("changes what hostwatch measures, and takes it back", async () => {
    const clock = createFakeClock();
    const lines: string[] = [];
    const probes = createProbesPackage(
      () => {},
      () => watch.restart(),
    );
    const watch = createHostwatch({
      clock,
      sources: { cpu: () => () => [], memory: () => () => [], load: () => () => [] },
      probes: () => probes.source,
      openOutput: () => ({ write: async (more) => void lines.push(...more) }),
      onHealthChange: () => {},
    });
    watch.start({ intervalMs: 1000, metrics: ["load"], output: "stdout" });
    const pkg = packageOf("filesystems: [/]");
    await probes.settings.install?.(pkg, { signal, reason: "offered" });
    await clock.advance(1000);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({
      name: "system.filesystem.utilization",
      attributes: { "system.filesystem.mountpoint": "/" },
    });
    expect(watch.health().componentHealthMap).toHaveProperty("probes");
    await probes.settings.uninstall?.(pkg, { signal, reason: "removed" });
    await clock.advance(5000);
    expect(lines).toHaveLength(1);
    await watch.stop();
  });

  it("is refused under another name, and when what it asks for is not there", async () => {
    const probes = createProbesPackage(
      () => {},
      () => {},
    );
    const install = async (pkg: PackageFile) =>
      probes.settings.install?.(pkg, { signal, reason: "offered" });
    await expect(install(packageOf("filesystems: [/]", "other"))).rejects.toThrow("no use for it");
    const missing = packageOf("filesystems: [/does/not/exist]");
    await install(missing);
    await expect(async () => probes.settings.isHealthy?.(missing, { signal })).rejects.toThrow(
      "ENOENT",
    );
    expect(() => createProbesSource(["/does/not/exist"])()).toThrow("ENOENT");
  });
});

import { createFakeClock } from "@opamp/test-kit";
import { describe, expect, it } from "vitest";
import type { HostwatchConfig } from "./config.ts";
import { createHostwatch, type HostwatchOptions } from "./hostwatch.ts";

const config: HostwatchConfig = { intervalMs: 1000, metrics: ["load"], output: "stdout" };

function setUp(options: Partial<HostwatchOptions> = {}) {
  const clock = createFakeClock();
  const lines: string[] = [];
  const opened: string[] = [];
  let changes = 0;
  const watch = createHostwatch({
    clock,
    sources: {
      cpu: () => () => [{ name: "cpu", unit: "1", value: 0.5 }],
      memory: () => () => [{ name: "memory", unit: "By", value: 7 }],
      load: () => () => [{ name: "load", unit: "1", value: 2 }],
    },
    openOutput(name) {
      opened.push(name);
      return { write: async (more) => void lines.push(...more) };
    },
    onHealthChange: () => {
      changes += 1;
    },
    ...options,
  });
  return { clock, lines, opened, watch, changes: () => changes };
}

describe("createHostwatch", () => {
  it("writes one line per sample at each interval", async () => {
    const { clock, lines, watch } = setUp();
    watch.start({ ...config, metrics: ["cpu", "memory"] });
    await clock.advance(2000);
    expect(lines.map((line) => JSON.parse(line).name)).toEqual(["cpu", "memory", "cpu", "memory"]);
    expect(JSON.parse(lines[0] ?? "")).toEqual({
      timeUnixNano: `${Date.UTC(2026, 0, 1) + 1000}000000`,
      name: "cpu",
      unit: "1",
      value: 0.5,
    });
  });

  it("follows a new config and leaves the old one behind", async () => {
    const { clock, lines, opened, watch } = setUp();
    watch.start(config);
    await clock.advance(1000);
    watch.start({ ...config, intervalMs: 100, metrics: ["cpu"], output: "x.jsonl" });
    await clock.advance(300);
    expect(lines.map((line) => JSON.parse(line).name)).toEqual(["load", "cpu", "cpu", "cpu"]);
    expect(opened).toEqual(["stdout", "x.jsonl"]);
    expect(clock.pendingTimers).toBe(1);
  });

  it("leaves no timer behind when stopped", async () => {
    const { clock, lines, watch } = setUp();
    watch.start(config);
    await clock.settle();
    await watch.stop();
    await clock.advance(5000);
    expect(lines).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });

  it("reports a health component per metric, and tells of changes only", async () => {
    const { clock, watch, changes } = setUp();
    watch.start(config);
    await clock.advance(1000);
    const settled = changes();
    await clock.advance(10_000);
    expect(changes()).toBe(settled);
    expect(watch.health()).toMatchObject({
      healthy: true,
      status: "running",
      componentHealthMap: {
        load: { healthy: true, status: "sampling", statusTimeUnixNano: 1_767_225_601_000_000_000n },
        output: { healthy: true, status: "writing to stdout every 1s" },
      },
    });
  });

  it("reports what cannot be sampled or written, and carries on", async () => {
    const { clock, lines, watch } = setUp({
      sources: {
        cpu: () => () => [{ name: "cpu", unit: "1", value: 0.5 }],
        memory: () => () => [],
        load: () => () => {
          throw new Error("no load here");
        },
      },
    });
    watch.start({ ...config, metrics: ["load", "cpu"] });
    await clock.advance(1000);
    expect(lines).toHaveLength(1);
    expect(watch.health()).toMatchObject({
      healthy: false,
      status: "degraded",
      lastError: "load: no load here",
      componentHealthMap: { load: { healthy: false, lastError: "no load here" } },
    });
  });

  it("recovers when the output does", async () => {
    let full = true;
    const { clock, watch } = setUp({
      openOutput: () => ({
        write: async () => {
          if (full) throw new Error("disk full");
        },
      }),
    });
    watch.start(config);
    await clock.advance(1000);
    expect(watch.health()).toMatchObject({ healthy: false, lastError: "output: disk full" });
    full = false;
    await clock.advance(1000);
    expect(watch.health()).toMatchObject({ healthy: true, lastError: "" });
  });
});

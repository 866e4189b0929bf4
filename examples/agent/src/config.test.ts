import { describe, expect, it } from "vitest";
import { defaultConfig, formatConfig, parseConfig } from "./config.ts";

const reasonOf = (text: string): string => {
  const result = parseConfig(text);
  return result.ok ? "accepted" : result.reason;
};

describe("parseConfig", () => {
  it("takes the default config for an empty text", () => {
    expect(parseConfig("")).toEqual({ ok: true, config: defaultConfig });
    expect(parseConfig("# nothing yet\n")).toEqual({ ok: true, config: defaultConfig });
  });

  it("lays what is given over the default config", () => {
    expect(parseConfig("interval: 250ms\nmetrics: [load]")).toEqual({
      ok: true,
      config: { ...defaultConfig, intervalMs: 250, metrics: ["load"] },
    });
  });

  it("reads back what it formats", () => {
    const config = { intervalMs: 90_000, metrics: ["memory", "cpu"], output: "stdout" } as const;
    expect(formatConfig(config)).toBe(
      "interval: 90s\nmetrics:\n  - memory\n  - cpu\noutput: stdout\n",
    );
    expect(parseConfig(formatConfig(config))).toEqual({ ok: true, config });
  });

  it("says line and column of a YAML error", () => {
    expect(reasonOf("interval: 2s\nmetrics: [cpu")).toMatch(/^line 2, column \d+: .*flow/i);
    expect(reasonOf("interval: 1s\ninterval: 2s")).toBe(
      "line 2, column 1: Map keys must be unique",
    );
  });

  it("says which setting is wrong and what it expects", () => {
    expect(reasonOf("interval: soon")).toBe(
      'line 1, column 1: interval: expected a duration from 100ms to 1h such as 2s, got "soon"',
    );
    expect(reasonOf("output: stdout\nmetrics: [cpu, disk]")).toBe(
      'line 2, column 1: metrics: expected a list of cpu, memory, load, each at most once, got ["cpu","disk"]',
    );
    expect(reasonOf("verbose: true")).toBe(
      'line 1, column 1: there is no setting "verbose"; known are interval, metrics, output',
    );
  });

  it("names every mistake, up to a limit", () => {
    expect(reasonOf("interval: 1\nmetrics: []\noutput: null").split("; ")).toHaveLength(3);
    const many = Array.from({ length: 9 }, (_, i) => `wrong${i}: 1`).join("\n");
    expect(reasonOf(many)).toMatch(/; and 4 more$/);
  });

  it.each(["[1, 2]", "just text", "42"])("refuses %s, which holds no settings", (text) => {
    expect(reasonOf(text)).toBe('line 1, column 1: expected settings such as "interval: 2s"');
  });

  it.each(["interval: 99ms", "interval: 61m", "interval: 2", "interval: -1s", "interval: [2s]"])(
    "refuses %s",
    (text) => expect(reasonOf(text)).toContain("interval: expected"),
  );

  it.each(["../x.jsonl", "/etc/x.jsonl", "state.json", "a/b.jsonl", ".jsonl", "stdout.jsonl\\n.."])(
    "refuses the output %s, which could lie outside its directory",
    (output) => expect(reasonOf(`output: ${output}`)).toContain("output: expected"),
  );

  it("stays quick and small for hostile texts", () => {
    const bomb = [
      "a: &a [x, x]",
      ...["b", "c", "d", "e", "f", "g", "h"].map((name, i) => {
        const before = "abcdefgh"[i];
        return `${name}: &${name} [${Array(9).fill(`*${before}`).join(", ")}]`;
      }),
      "metrics: *h",
    ].join("\n");
    expect(reasonOf(bomb).length).toBeLessThan(1000);
    expect(reasonOf("[".repeat(70_000))).toContain("at most");
    expect(reasonOf("__proto__: {}")).toContain('no setting "__proto__"');
    expect(reasonOf("? [a]\n: b")).toContain("no setting");
  });
});

import { isMap, isScalar, LineCounter, type Pair, parseDocument, stringify } from "yaml";
import { formatDurationMs, parseDurationMs } from "./duration.ts";

export const metricNames = ["cpu", "memory", "load"] as const;
export type MetricName = (typeof metricNames)[number];

/** What hostwatch does: which metrics it samples, how often, and where the lines go. */
export interface HostwatchConfig {
  readonly intervalMs: number;
  readonly metrics: readonly MetricName[];
  /** `stdout`, or the name of a file in the agent's directory. */
  readonly output: string;
}

export const defaultConfig: HostwatchConfig = {
  intervalMs: 5000,
  metrics: metricNames,
  output: "metrics.jsonl",
};

export type ParsedConfig =
  | { readonly ok: true; readonly config: HostwatchConfig }
  /** The reason names each mistake, where it is and what was expected. */
  | { readonly ok: false; readonly reason: string };

/** Reads a YAML text, strictly, over the default config. An empty text is the default config. */
export function parseConfig(text: string): ParsedConfig {
  if (text.length > MAX_CHARACTERS)
    return refuse([`expected at most ${MAX_CHARACTERS} characters`]);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number | undefined): string => {
    const { line, col } = lines.linePos(offset ?? 0);
    return `line ${line}, column ${col}`;
  };
  const faults = [...document.errors, ...document.warnings];
  if (faults.length > 0)
    return refuse(faults.map((fault) => `${at(fault.pos[0])}: ${fault.message}`));
  if (document.contents === null) return { ok: true, config: defaultConfig };
  if (!isMap(document.contents)) {
    return refuse([
      `${at(document.contents.range?.[0])}: expected settings such as "interval: 2s"`,
    ]);
  }
  const results = document.contents.items.map((pair) => readSetting(pair, document));
  const wrong = results.flatMap((result) => ("expected" in result ? [result] : []));
  if (wrong.length > 0) {
    return refuse(wrong.map(({ expected, offset }) => `${at(offset)}: ${expected}`));
  }
  return { ok: true, config: Object.assign({}, defaultConfig, ...results) };
}

/** The YAML text of a config; reads back as the same config. */
export function formatConfig({ intervalMs, metrics, output }: HostwatchConfig): string {
  return stringify({ interval: formatDurationMs(intervalMs), metrics, output });
}

const MAX_CHARACTERS = 64 * 1024;
const MIN_INTERVAL_MS = 100;
const MAX_INTERVAL_MS = 3_600_000;

type YamlDocument = ReturnType<typeof parseDocument>;
type Setting = Partial<HostwatchConfig>;
interface Mistake {
  readonly expected: string;
}

const readers: Readonly<Record<string, (value: unknown) => Setting | Mistake>> = {
  interval: readInterval,
  metrics: readMetrics,
  output: readOutput,
};

function readSetting(
  { key, value }: Pair,
  document: YamlDocument,
): Setting | (Mistake & { readonly offset: number | undefined }) {
  const name = isScalar(key) ? String(key.value) : "";
  const offset = isScalar(key) ? key.range?.[0] : undefined;
  if (!Object.hasOwn(readers, name)) {
    const known = Object.keys(readers).join(", ");
    return { expected: `there is no setting ${quote(name)}; known are ${known}`, offset };
  }
  const result = readers[name]?.(plainValue(value, document)) ?? {};
  return "expected" in result ? { expected: `${name}: ${result.expected}`, offset } : result;
}

function plainValue(value: unknown, document: YamlDocument): unknown {
  const node = value as { toJS?: (document: YamlDocument) => unknown } | null;
  try {
    return node?.toJS?.(document);
  } catch (thrown) {
    return String(thrown);
  }
}

function readInterval(value: unknown): Setting | Mistake {
  const intervalMs = typeof value === "string" ? parseDurationMs(value) : undefined;
  if (intervalMs !== undefined && intervalMs >= MIN_INTERVAL_MS && intervalMs <= MAX_INTERVAL_MS) {
    return { intervalMs };
  }
  return { expected: `expected a duration from 100ms to 1h such as 2s, got ${quote(value)}` };
}

function readMetrics(value: unknown): Setting | Mistake {
  const isName = (name: unknown): name is MetricName => metricNames.some((known) => known === name);
  const isList = Array.isArray(value) && value.length > 0 && value.length <= metricNames.length;
  if (isList && value.every(isName) && new Set(value).size === value.length) {
    return { metrics: value };
  }
  return {
    expected: `expected a list of ${metricNames.join(", ")}, each at most once, got ${quote(value)}`,
  };
}

// A server must not be able to make the agent write wherever it likes: no path, one kind of file.
function readOutput(value: unknown): Setting | Mistake {
  if (typeof value === "string" && /^(?:stdout|[A-Za-z0-9_-]{1,60}\.jsonl)$/.test(value)) {
    return { output: value };
  }
  return { expected: `expected stdout or a file name such as metrics.jsonl, got ${quote(value)}` };
}

function quote(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

function refuse(reasons: readonly string[]): ParsedConfig {
  const shown = reasons.slice(0, MAX_REASONS);
  const more = reasons.length - shown.length;
  return { ok: false, reason: [...shown, ...(more > 0 ? [`and ${more} more`] : [])].join("; ") };
}

const MAX_REASONS = 5;

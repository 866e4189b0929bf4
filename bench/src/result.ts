/** One thing measured: ours beside a peer's. */
export interface Result {
  readonly what: string;
  readonly unit: string;
  readonly ours: number;
  readonly peer: string;
  /** Undefined where the peer is not on this machine. */
  readonly theirs: number | undefined;
  /** Whether a smaller number is the better one. */
  readonly lessIsBetter: boolean;
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** A Markdown table; the ratio is ours to the peer's. */
export function table(results: readonly Result[]): string {
  const rows = results.map((result) => {
    const { what, unit, ours, peer, theirs, lessIsBetter } = result;
    const ratio = theirs === undefined ? "-" : (ours / theirs).toFixed(2);
    const better = lessIsBetter ? "less" : "more";
    return `| ${what} | ${unit} | ${show(ours)} | ${show(theirs)} | ${peer} | ${ratio} | ${better} |`;
  });
  return [
    "| what | unit | ours | peer's | peer | ratio | better is |",
    "| --- | --- | ---: | ---: | --- | ---: | --- |",
    ...rows,
  ].join("\n");
}

function show(value: number | undefined): string {
  if (value === undefined) return "-";
  return value >= 100 ? Math.round(value).toLocaleString("en-US") : value.toPrecision(3);
}

import type { Period } from "./period.ts";

/** Periods without an attack and beside it, by turns. */
export interface Compared {
  readonly name: string;
  readonly alone: readonly Period[];
  readonly beside: readonly Period[];
}

/** The median of the rounds. */
export function medianOf(periods: readonly Period[], value: (period: Period) => number): number {
  const sorted = periods.map(value).toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** What the good agents noticed of each attack, and what it was. */
export function printTable(rows: readonly Compared[]): void {
  console.log(
    "p99 of the good agents and of the CPU of the server's turns, medians of the rounds:",
  );
  console.table(Object.fromEntries(rows.map((row) => [row.name, cellsOf(row)])));
}

function cellsOf({ alone, beside }: Compared): Record<string, number> {
  const aloneMs = medianOf(alone, ({ p99Ms }) => p99Ms);
  const besideMs = medianOf(beside, ({ p99Ms }) => p99Ms);
  const rounded = (value: number): number => Number(value.toPrecision(3));
  const median = (value: (period: Period) => number): number => rounded(medianOf(beside, value));
  return {
    "alone, ms": rounded(aloneMs),
    "beside, ms": rounded(besideMs),
    growth: rounded(besideMs / aloneMs),
    "CPU of a turn, ms": median(({ turnP99Ms }) => turnP99Ms),
    "CPU, %": median(({ cpuShare }) => cpuShare * 100),
    "memory, MB": median(({ residentBytes }) => residentBytes / 1e6),
    "connections tried/s": median(({ attack }) => attack.connections),
    "sent, MB/s": median(({ attack }) => attack.bytes / 1e6),
  };
}

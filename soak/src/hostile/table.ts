import type { Period } from "./period.ts";

/** Periods without an attack and beside it, by turns. */
export interface Compared {
  readonly name: string;
  readonly alone: readonly Period[];
  readonly beside: readonly Period[];
}

/** The median of the rounds. */
export function medianOf(periods: readonly Period[], value: (period: Period) => number): number {
  return median(periods.map(value));
}

/**
 * By how much the 99th percentile grows: the median of what each round says. The two periods of a
 * round are seconds apart, so that what changes more slowly, on the machine or its host, is in both.
 */
export function growthOf({ alone, beside }: Compared): number {
  return median(beside.map(({ p99Ms }, round) => p99Ms / (alone[round]?.p99Ms ?? Number.NaN)));
}

/** What the good agents noticed of each attack, and what it was. */
export function printTable(rows: readonly Compared[]): void {
  console.log(
    "p99 of the good agents, and what of it is the CPU of one turn of the server; medians of the rounds:",
  );
  console.table(Object.fromEntries(rows.map((row) => [row.name, cellsOf(row)])));
  const periods = rows.flatMap(({ alone, beside }) => [...alone, ...beside]);
  const discarded = periods.reduce((sum, period) => sum + period.discarded, 0);
  const elsewhere = Math.max(...periods.map(({ elsewhereShare }) => elsewhereShare));
  console.log(
    `other programs and machines got ${(elsewhere * 100).toFixed(1)} % of the CPU time at most; ` +
      `${discarded} of ${periods.length + discarded} periods were discarded because they got more`,
  );
}

function cellsOf(row: Compared): Record<string, number> {
  const { alone, beside } = row;
  const rounded = (value: number): number => Number(value.toPrecision(3));
  const cell = (value: (period: Period) => number): number => rounded(medianOf(beside, value));
  return {
    "alone, ms": rounded(medianOf(alone, ({ p99Ms }) => p99Ms)),
    "beside, ms": cell(({ p99Ms }) => p99Ms),
    growth: rounded(growthOf(row)),
    "of it one turn, ms": cell(({ turnP99Ms }) => turnP99Ms),
    "CPU, %": cell(({ cpuShare }) => cpuShare * 100),
    "memory, MB": cell(({ residentBytes }) => residentBytes / 1e6),
    "connections tried/s": cell(({ attack }) => attack.connections),
    "sent, MB/s": cell(({ attack }) => attack.bytes / 1e6),
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

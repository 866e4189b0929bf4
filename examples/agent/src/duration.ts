const unitsMs: ReadonlyMap<string, number> = new Map([
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1000],
  ["ms", 1],
]);

/** Milliseconds of a text such as `500ms`, `2s`, `1.5m` or `1h`; undefined for any other text. */
export function parseDurationMs(text: string): number | undefined {
  const [, amount, unit] = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h)$/.exec(text) ?? [];
  if (amount === undefined || unit === undefined) return undefined;
  return Math.round(Number(amount) * (unitsMs.get(unit) ?? 0));
}

/** The shortest text for a duration: 120000 reads `2m`, 1500 reads `1500ms`. */
export function formatDurationMs(durationMs: number): string {
  for (const [unit, unitMs] of unitsMs) {
    if (durationMs % unitMs === 0) return `${durationMs / unitMs}${unit}`;
  }
  return `${durationMs}ms`;
}

/** How long things took, in milliseconds. */
export class Latencies {
  readonly #values: number[];

  constructor(values: readonly number[] = []) {
    this.#values = [...values];
  }

  add(ms: number): void {
    this.#values.push(ms);
  }

  get values(): readonly number[] {
    return this.#values;
  }

  get count(): number {
    return this.#values.length;
  }

  /** What so many of a hundred did not exceed; NaN when nothing was measured. */
  percentile(percent: number): number {
    const sorted = Float64Array.from(this.#values).sort();
    const index = Math.min(sorted.length - 1, Math.ceil((sorted.length * percent) / 100) - 1);
    return sorted[Math.max(0, index)] ?? Number.NaN;
  }
}

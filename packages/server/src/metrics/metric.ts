import type { Attributes, BatchObservableCallback, Meter, Observable } from "@opentelemetry/api";

/** One time series at this moment. */
export interface Point {
  readonly value: number;
  readonly attributes: Attributes;
}

/** A metric that is read from statistics when somebody collects. */
export interface Metric<Stats> {
  readonly name: string;
  /** A counter only grows; an up-down counter says how many there are now. */
  readonly instrument: "counter" | "up-down counter";
  readonly unit: string;
  readonly description: string;
  readonly attributes: readonly string[];
  readonly points: (stats: Stats) => readonly Point[];
}

/**
 * Makes the instruments of metrics, and reads all of them from one look at the statistics. Returns
 * how to stop.
 */
export function observe<Stats>(
  meter: Meter,
  metrics: readonly Metric<Stats>[],
  read: () => Stats,
): () => void {
  const instruments = metrics.map((metric) => [metric, createInstrument(meter, metric)] as const);
  const callback: BatchObservableCallback = (result) => {
    const stats = read();
    for (const [{ points }, instrument] of instruments) {
      for (const { value, attributes } of points(stats)) {
        result.observe(instrument, value, attributes);
      }
    }
  };
  const observables = instruments.map(([, instrument]) => instrument);
  meter.addBatchObservableCallback(callback, observables);
  return () => meter.removeBatchObservableCallback(callback, observables);
}

function createInstrument<Stats>(meter: Meter, metric: Metric<Stats>): Observable {
  const { name, instrument, unit, description } = metric;
  return instrument === "counter"
    ? meter.createObservableCounter(name, { unit, description })
    : meter.createObservableUpDownCounter(name, { unit, description });
}

/** The points of counts by name; one that is 0 has none, for most names never happen. */
export function pointsByName(
  counts: Readonly<Record<string, number>>,
  attribute: string,
  others: Attributes = {},
): Point[] {
  return Object.entries(counts).flatMap(([name, value]) =>
    value === 0 ? [] : [{ value, attributes: { ...others, [attribute]: name } }],
  );
}

/** One thing that a raw peer sent or received, for the report of a failure. */
export interface TraceEntry {
  /** Milliseconds since the case began. */
  readonly atMs: number;
  readonly direction: "sent" | "received";
  /** What kind of thing, such as "frame", "text frame", "POST" or "status 200". */
  readonly what: string;
  readonly bytes: Uint8Array;
}

/** Notes what a raw peer sends and receives. */
export type Trace = (direction: TraceEntry["direction"], what: string, bytes?: Uint8Array) => void;

const SHOWN_BYTES = 64;

/** One line about an entry: when, which way, what, and how its bytes begin. */
export function describeTraceEntry(entry: TraceEntry): string {
  const { bytes, direction, what } = entry;
  const arrow = direction === "sent" ? "->" : "<-";
  const hex = Buffer.from(bytes.subarray(0, SHOWN_BYTES)).toString("hex");
  const rest = bytes.length > SHOWN_BYTES ? "…" : "";
  return `${entry.atMs.toFixed(0).padStart(5)} ms ${arrow} ${what} (${bytes.length} bytes) ${hex}${rest}`;
}

export interface LogEntry {
  /** Grows by one with each entry of an agent. */
  readonly id: number;
  readonly atMs: number;
  readonly from: "agent" | "server";
  readonly summary: string;
}

/** The last messages of one agent, in both directions. */
export interface MessageLog {
  readonly entries: readonly LogEntry[];
  add(entry: Omit<LogEntry, "id">): LogEntry;
}

export function createMessageLog(maxEntries: number): MessageLog {
  const entries: LogEntry[] = [];
  let nextId = 1;
  return {
    entries,
    add(entry) {
      const added = { id: nextId, ...entry };
      nextId += 1;
      entries.push(added);
      if (entries.length > maxEntries) entries.shift();
      return added;
    },
  };
}

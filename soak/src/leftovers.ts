/** What a process holds: kinds of handles and timers, and the heap after a collection. */
export interface Holdings {
  readonly resources: readonly string[];
  readonly heapBytes: number;
}

export function holdings(): Holdings {
  const collect = globalThis.gc;
  if (collect === undefined) throw new Error("run with --expose-gc");
  collect();
  return {
    resources: process.getActiveResourcesInfo().toSorted(),
    heapBytes: process.memoryUsage().heapUsed,
  };
}

/** The resources of `now` that were not there before, by name. */
export function leftovers(before: readonly string[], now: readonly string[]): readonly string[] {
  const known = [...before];
  return now.filter((name) => {
    const index = known.indexOf(name);
    if (index !== -1) known.splice(index, 1);
    return index === -1;
  });
}

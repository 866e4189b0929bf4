import type { CrashMoment, CrashPoint } from "./faulty-file-system.ts";

const AT_ONCE = 4;

/** One operation on the disk, counted from 1. */
export interface Operation {
  readonly name: string;
  readonly count: number;
}

export interface NamedPoint {
  readonly name: string;
  readonly point: CrashPoint;
}

/** Every moment of every operation at which a death may leave something else on the disk. */
export function pointsOf(operations: readonly Operation[]): readonly NamedPoint[] {
  return operations.flatMap((operation) =>
    momentsOf(operation).map((moment) => ({
      name: `${moment} ${operation.name}, operation ${operation.count}`,
      point: { operation: operation.count, moment },
    })),
  );
}

function momentsOf({ name }: Operation): readonly CrashMoment[] {
  if (name === "write" || name === "writeChunk") return ["before", "torn", "after"];
  // Reading changes nothing: dying before and after it are the same.
  return readingNames.has(name) ? ["before"] : ["before", "after"];
}

const readingNames: ReadonlySet<string> = new Set(["read", "list", "size", "readStream"]);

/** Goes through all points, a few at once, and collects what is found wrong at each. */
export async function problemsAtPoints(
  points: readonly NamedPoint[],
  problemsAt: (point: NamedPoint) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const waiting = [...points];
  const problems: string[] = [];
  const work = async (): Promise<void> => {
    for (let point = waiting.shift(); point !== undefined; point = waiting.shift()) {
      const at = point.name;
      const found = await problemsAt(point).catch((thrown: unknown) => [String(thrown)]);
      problems.push(...found.map((problem) => `${at}: ${problem}`));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return problems;
}

import type { FileSystem } from "../../src/index.ts";
import { type CrashMoment, createFaultyFileSystem } from "./faulty-file-system.ts";

/** The disk on which this process dies, as its command line says: [OPERATION MOMENT]. */
export function crashingFileSystem([operation, moment]: readonly string[]): FileSystem {
  return createFaultyFileSystem({
    point:
      operation === undefined
        ? undefined
        : { operation: Number(operation), moment: moment as CrashMoment },
    die() {
      process.kill(process.pid, "SIGKILL");
      throw new Error("still alive");
    },
    onOperation: (name, count) => process.send?.({ name, count }),
  });
}

import { type FileSystem, nodeFileSystem } from "../../src/index.ts";

/** Where in an operation the process dies. A torn write leaves half of the content. */
export type CrashMoment = "before" | "torn" | "after";

export interface CrashPoint {
  /** The operation, counted from 1. */
  readonly operation: number;
  readonly moment: CrashMoment;
}

export interface FaultyFileSystemOptions {
  readonly point: CrashPoint | undefined;
  /** Ends the process; does not return. */
  readonly die: () => never;
  readonly onOperation?: (name: keyof FileSystem, count: number) => void;
}

/** The disk of this machine, on which the process dies at one operation. */
export function createFaultyFileSystem(options: FaultyFileSystemOptions): FileSystem {
  let count = 0;
  const guard = <A extends readonly unknown[], R>(
    name: keyof FileSystem,
    act: (...args: A) => R,
    tear?: (...args: A) => void,
  ): ((...args: A) => R) => {
    return (...args) => {
      count += 1;
      options.onOperation?.(name, count);
      const moment = count === options.point?.operation ? options.point.moment : undefined;
      if (moment === "before") options.die();
      if (moment === "torn") {
        tear?.(...args);
        options.die();
      }
      const result = act(...args);
      if (moment === "after") options.die();
      return result;
    };
  };
  const { write } = nodeFileSystem;
  return {
    makeDirectory: guard("makeDirectory", nodeFileSystem.makeDirectory),
    list: guard("list", nodeFileSystem.list),
    read: guard("read", nodeFileSystem.read),
    write: guard("write", write, (path, content) =>
      write(path, content.subarray(0, content.length / 2)),
    ),
    rename: guard("rename", nodeFileSystem.rename),
    link: guard("link", nodeFileSystem.link),
    remove: guard("remove", nodeFileSystem.remove),
    syncDirectory: guard("syncDirectory", nodeFileSystem.syncDirectory),
  };
}

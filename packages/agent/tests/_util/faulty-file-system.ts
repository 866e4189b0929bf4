import { type FileSystem, type FileWriter, nodeFileSystem } from "../../src/index.ts";

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
  readonly onOperation?: (name: OperationName, count: number) => void;
}

/** Pieces of a large content are written and flushed one by one. */
export type OperationName = keyof FileSystem | "writeChunk" | "sync";

/** The disk of this machine, on which the process dies at one operation. */
export function createFaultyFileSystem(options: FaultyFileSystemOptions): FileSystem {
  let count = 0;
  const next = (name: OperationName): CrashMoment | undefined => {
    count += 1;
    options.onOperation?.(name, count);
    return count === options.point?.operation ? options.point.moment : undefined;
  };
  const guard = <A extends readonly unknown[], R>(
    name: OperationName,
    act: (...args: A) => R,
    tear?: (...args: A) => void,
  ): ((...args: A) => R) => {
    return (...args) => {
      const moment = next(name);
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
  const asynchronous = <A extends readonly unknown[], R>(
    name: OperationName,
    act: (...args: A) => Promise<R>,
    tear?: (...args: A) => Promise<void>,
  ): ((...args: A) => Promise<R>) => {
    return async (...args) => {
      const moment = next(name);
      if (moment === "before") options.die();
      if (moment === "torn") {
        await tear?.(...args);
        options.die();
      }
      const result = await act(...args);
      if (moment === "after") options.die();
      return result;
    };
  };
  const guardedWriter = ({ write: writeChunk, sync, close }: FileWriter): FileWriter => ({
    write: asynchronous("writeChunk", writeChunk, (chunk) =>
      writeChunk(chunk.subarray(0, chunk.length / 2)),
    ),
    sync: asynchronous("sync", sync),
    close,
  });
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
    size: guard("size", nodeFileSystem.size),
    readStream: guard("readStream", nodeFileSystem.readStream),
    openWriter: asynchronous("openWriter", async (path, startAtBytes) =>
      guardedWriter(await nodeFileSystem.openWriter(path, startAtBytes)),
    ),
  };
}

import type { FileSystem, FileWriter } from "./file-system.ts";
import { stateUnusable } from "./state-error.ts";

/** A disk for as long as its directory is this agent's. */
export interface OwnedFileSystem {
  readonly fs: FileSystem;
  /** From now on every change is refused: another agent may have the directory. */
  readonly release: () => void;
}

/** Nothing that goes on after an agent has stopped may write where the next one writes. */
export function ownedFileSystem(disk: FileSystem): OwnedFileSystem {
  let isOwned = true;
  const change = <T>(act: () => T): T => {
    if (isOwned) return act();
    throw stateUnusable("the agent has stopped, and its state directory is free");
  };
  return {
    fs: {
      list: (path) => disk.list(path),
      read: (path) => disk.read(path),
      size: (path) => disk.size(path),
      readStream: (path) => disk.readStream(path),
      syncDirectory: (path) => disk.syncDirectory(path),
      makeDirectory: (path) => change(() => disk.makeDirectory(path)),
      write: (path, content) => change(() => disk.write(path, content)),
      rename: (from, to) => change(() => disk.rename(from, to)),
      link: (path, newPath) => change(() => disk.link(path, newPath)),
      remove: (path) => change(() => disk.remove(path)),
      async openWriter(path, startAtBytes): Promise<FileWriter> {
        const writer = await change(() => disk.openWriter(path, startAtBytes));
        return {
          write: async (chunk) => change(() => writer.write(chunk)),
          sync: () => writer.sync(),
          close: () => writer.close(),
        };
      },
    },
    release() {
      isOwned = false;
    },
  };
}

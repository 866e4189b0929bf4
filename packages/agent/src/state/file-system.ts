import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { type FileHandle, open } from "node:fs/promises";

/**
 * All that the agent asks of a disk. Calls about state files are synchronous: those are small and
 * rarely written, and what they say has to be on disk before the next message leaves. Content of any
 * size is streamed.
 */
export interface FileSystem {
  /** Makes a directory that only its owner may enter (0700), with its parents, where it is missing. */
  readonly makeDirectory: (path: string) => void;
  /** The names in a directory; none when it is missing. */
  readonly list: (path: string) => readonly string[];
  /** The content of a file; undefined when it is missing. */
  readonly read: (path: string) => Uint8Array | undefined;
  /** Writes a file that only its owner may read (0600), and waits until the disk has its content. */
  readonly write: (path: string, content: Uint8Array) => void;
  /** Moves a file, in place of one that has the new name already. */
  readonly rename: (from: string, to: string) => void;
  /** Gives a file a second name; false when the name is taken. */
  readonly link: (path: string, newPath: string) => boolean;
  /** Removes a file; does nothing when it is missing. */
  readonly remove: (path: string) => void;
  /** Waits until the disk has the names in a directory. */
  readonly syncDirectory: (path: string) => void;
  /** The bytes of a file; undefined when it is missing. */
  readonly size: (path: string) => number | undefined;
  /** Reads a file piece by piece; a piece is good until the next one is asked for. */
  readonly readStream: (path: string) => AsyncIterable<Uint8Array>;
  /** Opens a file that only its owner may read (0600), cut to its first bytes, to write on from there. */
  readonly openWriter: (path: string, startAtBytes: number) => Promise<FileWriter>;
}

/** A file that is being written, one piece after the other. */
export interface FileWriter {
  readonly write: (chunk: Uint8Array) => Promise<void>;
  /** Waits until the disk has all that was written. */
  readonly sync: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** The disk of this machine. */
export const nodeFileSystem: FileSystem = {
  makeDirectory: (path) => void mkdirSync(path, { recursive: true, mode: 0o700 }),
  list: (path) => orElse("ENOENT", [], () => readdirSync(path)),
  read: (path) => orElse("ENOENT", undefined, () => readFileSync(path)),
  write(path, content) {
    withFile(path, "w", (file) => {
      writeFileSync(file, content);
      fsyncSync(file);
    });
  },
  rename: (from, to) => renameSync(from, to),
  link: (path, newPath) =>
    orElse("EEXIST", false, () => {
      linkSync(path, newPath);
      return true;
    }),
  remove: (path) => rmSync(path, { force: true }),
  syncDirectory(path) {
    // Windows opens no directories; its file systems order such changes by themselves.
    if (process.platform !== "win32") withFile(path, "r", fsyncSync);
  },
  size: (path) => statSync(path, { throwIfNoEntry: false })?.size,
  readStream: readInPieces,
  async openWriter(path, startAtBytes) {
    const file = await open(path, startAtBytes > 0 ? "r+" : "w", 0o600);
    try {
      await file.truncate(startAtBytes);
    } catch (thrown) {
      await file.close();
      throw thrown;
    }
    return writerOf(file, startAtBytes);
  },
};

const PIECE_BYTES = 256 * 1024;

/** With one buffer for all pieces: memory does not grow with the file. */
async function* readInPieces(path: string): AsyncGenerator<Uint8Array> {
  const file = await open(path, "r");
  try {
    const buffer = Buffer.allocUnsafe(PIECE_BYTES);
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

function writerOf(file: FileHandle, startAtBytes: number): FileWriter {
  let position = startAtBytes;
  return {
    async write(chunk) {
      // A disk may take less at once than it is given.
      for (let rest = chunk; rest.length > 0; ) {
        const { bytesWritten } = await file.write(rest, 0, rest.length, position);
        position += bytesWritten;
        rest = rest.subarray(bytesWritten);
      }
    },
    sync: () => file.sync(),
    close: () => file.close(),
  };
}

function withFile(path: string, flags: string, act: (file: number) => void): void {
  const file = openSync(path, flags, 0o600);
  try {
    act(file);
  } finally {
    closeSync(file);
  }
}

/** What `act` gives, or `otherwise` when it fails with this code. */
function orElse<T>(code: string, otherwise: T, act: () => T): T {
  try {
    return act();
  } catch (thrown) {
    if (thrown instanceof Error && "code" in thrown && thrown.code === code) return otherwise;
    throw thrown;
  }
}

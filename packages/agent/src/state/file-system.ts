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
  writeFileSync,
} from "node:fs";

/**
 * All that the agent asks of a disk. The calls are synchronous: state files are small and rarely
 * written, and what they say has to be on disk before the next message leaves.
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
};

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

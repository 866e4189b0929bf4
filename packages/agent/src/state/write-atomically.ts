import { dirname } from "node:path";
import type { FileSystem } from "./file-system.ts";

/** What the name of a file ends with while it is being written. */
export const TEMPORARY = ".tmp";

/** Replaces a file; a crash at any moment leaves the old or the new content. */
export function writeAtomically(fs: FileSystem, path: string, content: Uint8Array): void {
  const temporary = `${path}${TEMPORARY}`;
  fs.write(temporary, content);
  fs.rename(temporary, path);
  fs.syncDirectory(dirname(path));
}

import { join } from "node:path";
import type { FileSystem } from "./file-system.ts";
import { formatJson, parseJsonObject } from "./json.ts";
import { isRunning, processFromJson, thisProcess } from "./process-identity.ts";
import { stateUnusable } from "./state-error.ts";
import { TEMPORARY } from "./write-atomically.ts";

/** How often a lock is tried that others take and leave at the same time. */
const MAX_TRIES = 5;

/**
 * Keeps a directory to this process. A lock of a process that is gone is taken over. Throws
 * `state-unusable`, naming the holder, when another one has it. Returns how to release it.
 */
export function lockDirectory(fs: FileSystem, directory: string): () => void {
  const path = join(directory, "lock");
  const own = `${path}.${process.pid}${TEMPORARY}`;
  const release = (): void => fs.remove(path);
  // A link appears with its content, so that nobody reads half a lock.
  fs.write(own, formatJson({ ...thisProcess() }));
  try {
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      if (fs.link(own, path)) return release;
      takeAwayStale(fs, directory, path);
    }
  } finally {
    fs.remove(own);
  }
  throw stateUnusable(`${directory} is being taken by several processes at once; try again`);
}

function takeAwayStale(fs: FileSystem, directory: string, path: string): void {
  const found = fs.read(path);
  if (found === undefined) return;
  const object = parseJsonObject(found);
  const holder = object && processFromJson(object);
  if (holder !== undefined && isRunning(holder)) {
    const who = holder.pid === process.pid ? "this process" : `process ${holder.pid}`;
    throw stateUnusable(
      `${who} on ${holder.host} uses ${directory} already; stop it, or give this agent another state directory`,
    );
  }
  removeIfSame(fs, path, found);
}

/** Another process may have taken over in the meantime: only what was seen to be stale is removed. */
function removeIfSame(fs: FileSystem, path: string, seen: Uint8Array): void {
  const aside = `${path}.stale-${process.pid}${TEMPORARY}`;
  if (fs.read(path) === undefined) return;
  fs.rename(path, aside);
  const moved = fs.read(aside);
  if (moved !== undefined && !Buffer.from(moved).equals(seen)) fs.link(aside, path);
  fs.remove(aside);
}

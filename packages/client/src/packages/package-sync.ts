import type { PackageAvailable } from "@opamp/protocol";
import { equalBytes } from "@opamp/protocol/internal";
import { checkSignature } from "./content-check.ts";
import type { DownloadOptions } from "./download.ts";
import { downloadPackage } from "./download-package.ts";
import { type CheckedFile, checkFile, type FileRules } from "./downloadable-file.ts";
import type { VerifySignature } from "./packages-options.ts";
import type { PackageState, PackagesStateProvider } from "./packages-state-provider.ts";
import type { Progress } from "./progress.ts";
import type { StatusBoard } from "./status-board.ts";

/** What all packages of one sync have in common. */
export interface PackageSyncParts {
  readonly provider: PackagesStateProvider;
  readonly board: StatusBoard;
  readonly progress: Progress;
  readonly rules: FileRules;
  readonly verifySignature: VerifySignature | undefined;
  /** Everything about a download but its file. */
  readonly downloads: Omit<DownloadOptions, "file" | "startAt" | "validator">;
  readonly signal: AbortSignal;
}

export interface PackageToSync {
  readonly name: string;
  readonly offered: PackageAvailable;
  readonly state: PackageState;
}

/** Installs one package. Rejects with the reason, which is for its status (C-191). */
export async function syncPackage(pkg: PackageToSync, parts: PackageSyncParts): Promise<void> {
  const { provider, board, rules, signal } = parts;
  const { name, offered } = pkg;
  const file = checkFile(name, offered, rules);
  if (await hasContent(pkg, file, parts)) {
    board.installing(name);
    board.publish();
    await checkSignature(file, parts.verifySignature, signal);
  } else {
    await makeRoom(pkg, parts);
    await downloadPackage(file, parts);
  }
  signal.throwIfAborted();
  const { type, hash, version } = offered;
  const state: PackageState = { exists: true, type, hash, version, installedBy: "server" };
  await provider.setPackageState(name, state, { signal });
  board.installed(name, state, offered);
  board.publish();
}

/** Whether the file is there already, under a package of the same type (C-174). */
async function hasContent(
  { name, offered, state }: PackageToSync,
  { contentHash }: CheckedFile,
  { provider, signal }: PackageSyncParts,
): Promise<boolean> {
  if (!state.exists || (state.type ?? 0) !== offered.type) return false;
  const present = await provider.fileContentHash(name, { signal });
  return equalBytes(contentHash, present);
}

/** A package of another type gives way first: the name is taken only once (C-168). */
async function makeRoom(
  { name, offered, state }: PackageToSync,
  { provider, board, signal }: PackageSyncParts,
): Promise<void> {
  const isOther = state.exists && (state.type ?? 0) !== offered.type;
  if (isOther) {
    await provider.deletePackage(name, { signal });
    board.emptied(name);
  }
  if (isOther || !state.exists) await provider.createPackage(name, offered.type, { signal });
}

import {
  describeThrown,
  OpAMPError,
  type PackageStatuses,
  type PackagesAvailable,
} from "@opamp/protocol";
import { equalBytes } from "@opamp/protocol/internal";
import { type Inventory, takeInventory } from "./inventory.ts";
import { type PackageSyncParts, type PackageToSync, syncPackage } from "./package-sync.ts";
import { runLimited } from "./run-limited.ts";

export interface OfferSyncParts extends PackageSyncParts {
  readonly maxConcurrentDownloads: number;
  /** What was reported before this offer. */
  readonly reported: PackageStatuses | undefined;
}

/**
 * Brings the packages to what is offered. Rejects only when the signal fires; whatever else goes
 * wrong is in the statuses.
 */
export async function syncOffer(
  offer: PackagesAvailable,
  parts: OfferSyncParts,
): Promise<"unchanged" | "synced" | "failed"> {
  const { board, signal } = parts;
  try {
    return await syncPackages(offer, parts);
  } catch (thrown) {
    signal.throwIfAborted();
    const reason = reasonOf(thrown);
    board.setErrorMessage(reason);
    board.failUnfinished(reason);
    return "failed";
  } finally {
    if (!signal.aborted) board.publish();
    board.flush();
  }
}

async function syncPackages(
  offer: PackagesAvailable,
  parts: OfferSyncParts,
): Promise<"unchanged" | "synced" | "failed"> {
  const { provider, board, reported, signal } = parts;
  announce(offer, parts);
  const inventory = await takeInventory({ provider, offer, reported, signal });
  const packages = fillBoard(offer, inventory, parts);
  const isDue = packages.length + inventory.unneeded.length > 0;
  const kept = await provider.allPackagesHash({ signal });
  if (!isDue && equalBytes(offer.allPackagesHash, kept)) return "unchanged";
  board.publish();
  // Half of an offer is neither the old nor the new one.
  await provider.setAllPackagesHash(new Uint8Array(0), { signal });
  await deleteUnneeded(inventory, parts);
  await runLimited(packages, parts.maxConcurrentDownloads, (pkg) => syncOne(pkg, parts));
  if (board.hasFailures) return "failed";
  signal.throwIfAborted();
  await provider.setAllPackagesHash(offer.allPackagesHash, { signal });
  return "synced";
}

/** Puts on the board what is known before anyone was asked: what was reported, and the offer. */
function announce(offer: PackagesAvailable, { board, reported }: OfferSyncParts): void {
  const known = reported?.packages ?? {};
  for (const [name, status] of Object.entries(known)) board.restore(name, status);
  board.setAllPackagesHash(reported?.serverProvidedAllPackagesHash ?? new Uint8Array(0));
  if (offer.allPackagesHash.length === 0) {
    throw new OpAMPError("invalid-argument", "the offer has no all_packages_hash; it is ignored");
  }
  board.setAllPackagesHash(offer.allPackagesHash);
  for (const [name, offered] of Object.entries(offer.packages)) {
    const { agentHasHash: hash, agentHasVersion: version } = board.get(name);
    const before = hash === undefined ? {} : { hash };
    board.pending(name, { exists: true, ...before, version: version ?? "" }, offered);
  }
}

/** Lists every package that there is or will be; returns those that are to be installed. */
function fillBoard(
  offer: PackagesAvailable,
  { states, unneeded }: Inventory,
  { board }: OfferSyncParts,
): readonly PackageToSync[] {
  for (const name of board.names) if (!states.has(name)) board.removed(name);
  const due: PackageToSync[] = [];
  const leaving = new Set(unneeded);
  for (const [name, state] of states) {
    const offered = Object.hasOwn(offer.packages, name) ? offer.packages[name] : undefined;
    const { hash = new Uint8Array(0), version = "" } = state;
    if (offered === undefined && leaving.has(name)) {
      board.installed(name, state, { hash, version });
    } else if (offered === undefined) {
      board.local(name, state);
    } else if (state.exists && hash.length > 0 && equalBytes(hash, offered.hash)) {
      board.installed(name, state, offered);
    } else {
      board.pending(name, state, offered);
      due.push({ name, offered, state });
    }
  }
  return due;
}

async function deleteUnneeded({ unneeded }: Inventory, parts: OfferSyncParts): Promise<void> {
  const { provider, board, signal } = parts;
  for (const name of unneeded) {
    try {
      await provider.deletePackage(name, { signal });
      board.removed(name);
    } catch (thrown) {
      signal.throwIfAborted();
      board.failed(name, `it is not offered any longer, but stays: ${reasonOf(thrown)}`);
    }
  }
}

async function syncOne(pkg: PackageToSync, parts: OfferSyncParts): Promise<void> {
  const { board, signal } = parts;
  signal.throwIfAborted();
  try {
    await syncPackage(pkg, parts);
  } catch (thrown) {
    signal.throwIfAborted();
    board.failed(pkg.name, reasonOf(thrown));
    board.publish();
  }
}

/** What the server is told. What is not an error of ours comes from the provider (L-12). */
function reasonOf(thrown: unknown): string {
  if (thrown instanceof OpAMPError) return thrown.message;
  return `the package store failed: ${describeThrown(thrown)}`;
}

import type { PackageStatuses, PackagesAvailable } from "@opamp/protocol";
import { equalBytes } from "@opamp/protocol/internal";
import type { PackageState, PackagesStateProvider } from "./packages-state-provider.ts";

/** What there is locally, and what an offer means for it. */
export interface Inventory {
  /** By name; also packages that do not exist yet, but are offered. */
  readonly states: ReadonlyMap<string, PackageState>;
  /** What a server installed and no longer offers (C-172). */
  readonly unneeded: readonly string[];
}

export interface InventoryOptions {
  readonly provider: PackagesStateProvider;
  readonly offer: PackagesAvailable;
  /** What was reported before this offer. */
  readonly reported: PackageStatuses | undefined;
  readonly signal: AbortSignal;
}

/** Asks the provider for everything that an offer touches or a report has to list. */
export async function takeInventory(options: InventoryOptions): Promise<Inventory> {
  const { provider, offer, reported, signal } = options;
  const context = { signal };
  const local = await provider.packages(context);
  const names = new Set([...local, ...Object.keys(offer.packages)]);
  const states = new Map<string, PackageState>();
  for (const name of names) states.set(name, await provider.packageState(name, context));
  const unoffered = [...names].filter((name) => !Object.hasOwn(offer.packages, name));
  const unneeded = unoffered.filter((name) => isServers(name, states.get(name), reported));
  return { states, unneeded };
}

/** Local packages are not the server's to delete: where nothing is known, nothing is deleted. */
function isServers(
  name: string,
  state: PackageState | undefined,
  reported: PackageStatuses | undefined,
): boolean {
  if (state?.installedBy !== undefined) return state.installedBy === "server";
  const offered = reported?.packages[name]?.serverOfferedHash;
  if (offered === undefined || offered.length === 0) return false;
  const isEmpty = state?.hash === undefined || state.hash.length === 0;
  return isEmpty || equalBytes(offered, state.hash);
}

import type { PackageAvailableInit, PackageStatuses, PackagesAvailableInit } from "@opamp/protocol";
import { eventually } from "@opamp/test-kit";
import type { PackagesSyncOutcome } from "../../src/index.ts";
import { createMemoryPackages, type MemoryPackages, sha256 } from "./memory-packages.ts";
import {
  createScriptedClient,
  type ScriptedClient,
  type ScriptedClientOptions,
} from "./scripted-client.ts";

/** A client that keeps packages and syncs each offer. */
export interface PackageAgent extends AsyncDisposable {
  readonly scripted: ScriptedClient;
  readonly packages: MemoryPackages;
  /** The syncs that were started, in order. */
  readonly syncs: readonly Promise<PackagesSyncOutcome>[];
  /** Every package statuses that the server has got. */
  reports(): readonly PackageStatuses[];
  /** Makes an offer, and gives back the outcome of its sync once the server knows of it. */
  offer(packages: PackagesAvailableInit): Promise<PackagesSyncOutcome>;
  /** Makes an offer, and goes on once its sync runs. */
  offerOnly(packages: PackagesAvailableInit): Promise<void>;
}

export interface PackageAgentOptions extends ScriptedClientOptions {
  readonly packagesStateProvider?: MemoryPackages;
}

export async function startPackageAgent(options: PackageAgentOptions = {}): Promise<PackageAgent> {
  const packages = options.packagesStateProvider ?? createMemoryPackages();
  const syncs: Promise<PackagesSyncOutcome>[] = [];
  const scripted = createScriptedClient({
    capabilities: ["AcceptsPackages", "ReportsPackageStatuses"],
    retry: { delayMs: () => 0 },
    ...options,
    packagesStateProvider: packages,
    callbacks: {
      onMessage({ packageSyncer }) {
        if (packageSyncer !== undefined) syncs.push(packageSyncer.sync());
      },
      ...options.callbacks,
    },
  });
  await scripted.client.start();
  await scripted.clock.settle();
  const offerOnly = async (packagesAvailable: PackagesAvailableInit): Promise<void> => {
    const before = syncs.length;
    await scripted.tell({ packagesAvailable });
    await eventually(() => {
      if (syncs.length === before) throw new Error("no sync was started");
    });
  };
  return {
    scripted,
    packages,
    syncs,
    reports: () => scripted.messages.flatMap(({ packageStatuses }) => packageStatuses ?? []),
    offerOnly,
    async offer(packagesAvailable) {
      await offerOnly(packagesAvailable);
      const outcome = await syncs.at(-1);
      await scripted.clock.settle();
      if (outcome === undefined) throw new Error("no sync was started");
      return outcome;
    },
    [Symbol.asyncDispose]: () => scripted.stop(),
  };
}

/** An offer of one content; its hash is the package's too, unless given. */
export function offerOf(
  downloadUrl: string,
  content: Uint8Array,
  others: PackageAvailableInit = {},
): PackageAvailableInit {
  const contentHash = sha256(content);
  const file = { downloadUrl, contentHash, ...others.file };
  return { version: "1.0", hash: contentHash.subarray(0, 8), ...others, file };
}

/** Bytes that are the same for the same seed. */
export function bytesOf(length: number, seed = 1): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8) * 7 + seed * 13) & 0xff);
}

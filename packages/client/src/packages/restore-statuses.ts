import {
  PackageStatusEnum,
  type PackageStatusesInit,
  type PackageStatusInit,
} from "@opamp/protocol";
import { equalBytes } from "@opamp/protocol/internal";
import type { PackagesStateProvider, ProviderContext } from "./packages-state-provider.ts";
import { isUnfinished } from "./status-board.ts";

/**
 * What an earlier run reported last, as it is true now: nothing is being installed yet. An offer that
 * was not seen through is not echoed, so that the server makes it again (S-114).
 */
export async function restoreStatuses(
  provider: PackagesStateProvider,
  context: ProviderContext,
): Promise<PackageStatusesInit | undefined> {
  const last = await provider.lastReportedStatuses(context);
  if (last === undefined) return undefined;
  const packages: Record<string, PackageStatusInit> = {};
  let isComplete = true;
  for (const [name, status] of Object.entries(last.packages ?? {})) {
    const restored = isUnfinished(status.status ?? PackageStatusEnum.Installed)
      ? await settle(name, status, { provider, context })
      : status;
    packages[name] = { ...restored, name, downloadDetails: undefined };
    if (isUnfinished(restored.status ?? PackageStatusEnum.Installed)) isComplete = false;
  }
  isComplete &&= await wasSeenThrough(last, provider, context);
  const { errorMessage, serverProvidedAllPackagesHash } = last;
  if (isComplete) return { packages, errorMessage, serverProvidedAllPackagesHash };
  return { packages, errorMessage };
}

interface Asking {
  readonly provider: PackagesStateProvider;
  readonly context: ProviderContext;
}

/** The process ended while this package was on its way: it may just have got there. */
async function settle(
  name: string,
  status: PackageStatusInit,
  { provider, context }: Asking,
): Promise<PackageStatusInit> {
  const { exists, hash, version } = await provider.packageState(name, context);
  const isThere = exists && hash !== undefined && hash.length > 0;
  const { serverOfferedVersion, serverOfferedHash } = status;
  const isInstalled = isThere && equalBytes(hash, serverOfferedHash);
  return {
    serverOfferedVersion,
    serverOfferedHash,
    ...(isThere ? { agentHasHash: hash, agentHasVersion: version } : {}),
    status: isInstalled ? PackageStatusEnum.Installed : PackageStatusEnum.InstallPending,
  };
}

/** An offer has been seen through when it failed, or when its hash was kept. */
async function wasSeenThrough(
  { packages = {}, serverProvidedAllPackagesHash: reported }: PackageStatusesInit,
  provider: PackagesStateProvider,
  context: ProviderContext,
): Promise<boolean> {
  const failed = PackageStatusEnum.InstallFailed;
  if (Object.values(packages).some(({ status }) => status === failed)) return true;
  const kept = await provider.allPackagesHash(context);
  return equalBytes(reported ?? new Uint8Array(0), kept ?? new Uint8Array(0));
}

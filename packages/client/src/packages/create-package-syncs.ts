import type { OpAMPError, PackageStatuses } from "@opamp/protocol";
import { guardRetryPolicy } from "../guard-retry-policy.ts";
import type { ResolvedSettings } from "../resolve-settings.ts";
import type { StartSettings } from "../settings.ts";
import { isTls } from "../transport/redirect.ts";
import { createHttpFetch, type DownloadNetwork } from "./http-fetch.ts";
import { PackageSyncs } from "./package-syncs.ts";

/** What syncs of packages have to do with the rest of the client. */
export interface PackageSyncsHooks {
  /** Fires when the client stops. */
  readonly signal: AbortSignal;
  /** How the server is reached at present. */
  readonly network: () => DownloadNetwork;
  /** What was reported last. */
  readonly reported: () => PackageStatuses | undefined;
  readonly onStatuses: (statuses: PackageStatuses) => void;
  readonly onError: (error: OpAMPError) => void;
}

/** The syncs of an agent that has given a place for packages. */
export function createPackageSyncs(
  settings: StartSettings,
  resolved: ResolvedSettings,
  hooks: PackageSyncsHooks,
): PackageSyncs | undefined {
  const { packagesStateProvider: provider } = settings;
  if (provider === undefined) return undefined;
  const { packages, clock, random, logger, limits } = resolved;
  const { connectTimeoutMs } = packages;
  const { holdsOneChunk: freesChunks = false } = provider;
  const { network } = hooks;
  return new PackageSyncs({
    ...hooks,
    provider,
    settings: packages,
    fetch: packages.fetch ?? createHttpFetch({ network, connectTimeoutMs, freesChunks, clock }),
    retry: guardRetryPolicy(packages.retry ?? resolved.retry, hooks.onError),
    maxRedirects: limits.maxRedirects,
    isServerTls() {
      const url = URL.parse(String(network().serverUrl));
      return url !== null && isTls(url);
    },
    clock,
    random,
    logger,
  });
}

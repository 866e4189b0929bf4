import type { OpAMPError, PackageStatuses } from "@opamp/protocol";
import { guardRetryPolicy } from "../guard-retry-policy.ts";
import type { ResolvedSettings } from "../resolve-settings.ts";
import type { StartSettings } from "../settings.ts";
import { isTls } from "../transport/redirect.ts";
import { resolveServerUrl } from "../transport/server-url.ts";
import { createHttpFetch } from "./http-fetch.ts";
import { PackageSyncs } from "./package-syncs.ts";

/** What syncs of packages have to do with the rest of the client. */
export interface PackageSyncsHooks {
  /** Fires when the client stops. */
  readonly signal: AbortSignal;
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
  const { packagesStateProvider: provider, tls = {}, proxy } = settings;
  if (provider === undefined) return undefined;
  const { packages, clock, random, logger, limits } = resolved;
  const { connectTimeoutMs } = packages;
  const { holdsOneChunk: freesChunks = false } = provider;
  const serverUrl = resolveServerUrl(settings.serverUrl);
  return new PackageSyncs({
    ...hooks,
    provider,
    settings: packages,
    fetch:
      packages.fetch ??
      createHttpFetch({ serverUrl, tls, proxy, connectTimeoutMs, freesChunks, clock }),
    retry: guardRetryPolicy(packages.retry ?? resolved.retry, hooks.onError),
    maxRedirects: limits.maxRedirects,
    isServerTls: isTls(serverUrl),
    clock,
    random,
    logger,
  });
}

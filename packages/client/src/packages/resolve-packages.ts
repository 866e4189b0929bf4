import type { PackagesOptions } from "./packages-options.ts";

type NumberName = {
  [K in keyof PackagesOptions]-?: NonNullable<PackagesOptions[K]> extends number ? K : never;
}[keyof PackagesOptions];

/** The options of packages that are numbers. */
export type PackageNumbers = Record<NumberName, number>;

/** What the rest works with: every number filled in. */
export type ResolvedPackages = Omit<PackagesOptions, NumberName> & Readonly<PackageNumbers>;

export const defaultPackageNumbers: PackageNumbers = {
  maxConcurrentDownloads: 3,
  maxPackageBytes: 2 ** 30,
  progressIntervalMs: 10_000,
  maxAttempts: 10,
  maxRetryAfterMs: 3_600_000,
  connectTimeoutMs: 10_000,
  responseTimeoutMs: 30_000,
  stallTimeoutMs: 30_000,
  restoreTimeoutMs: 5_000,
};

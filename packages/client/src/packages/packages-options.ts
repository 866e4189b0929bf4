import type { RetryPolicy } from "../retry-policy.ts";

/** How packages are downloaded. */
export interface PackagesOptions {
  /** How many packages are downloaded at once. @default 3 */
  readonly maxConcurrentDownloads?: number;
  /** The largest content of a package, in bytes. @default 1073741824 (1 GiB) */
  readonly maxPackageBytes?: number;
  /** Between reports of progress, in milliseconds. @default 10000 */
  readonly progressIntervalMs?: number;
  /** How often in a row a download may break without having got on, before it has failed. @default 10 */
  readonly maxAttempts?: number;
  /** The longest wait that a server's Retry-After may ask for, in milliseconds. @default 3600000 (1 h) */
  readonly maxRetryAfterMs?: number;
  /** From the request for a connection to having it, in milliseconds; not with `fetch`. @default 10000 */
  readonly connectTimeoutMs?: number;
  /** From a request to the head of its answer, in milliseconds. @default 30000 */
  readonly responseTimeoutMs?: number;
  /** For the next bytes of a download to arrive, in milliseconds. @default 30000 */
  readonly stallTimeoutMs?: number;
  /** For the statuses of an earlier run to be read on start, in milliseconds. @default 5000 */
  readonly restoreTimeoutMs?: number;
  /** How long to wait before a download is taken up again. @default that of the connection */
  readonly retry?: RetryPolicy;
  /** Makes the requests instead of `node:http`, such as the platform's `fetch`. */
  readonly fetch?: PackageFetch;
  /** Decides whether a signature is right; with it, a package without a signature fails (L-06). */
  readonly verifySignature?: VerifySignature;
  /** Whether an `http:` URL is followed that came from a server spoken to over TLS. @default false */
  readonly allowInsecureDownloads?: boolean;
}

/**
 * Makes one GET request and follows no redirect. The platform's `fetch` is one. Aborting the signal
 * has to end the request and its body.
 */
export type PackageFetch = (url: string, init: PackageRequest) => Promise<PackageResponse>;

export interface PackageRequest {
  readonly method: "GET";
  readonly headers: Record<string, string>;
  readonly redirect: "manual";
  readonly signal: AbortSignal;
}

export interface PackageResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: AsyncIterable<Uint8Array> | null;
}

/** Throws, or says false, for a signature that is not right. */
export type VerifySignature = (content: SignedContent) => boolean | Promise<boolean>;

/** A content that has its hash already. */
export interface SignedContent {
  readonly packageName: string;
  readonly version: string;
  readonly downloadUrl: string;
  /** SHA-256 of the content, computed here. */
  readonly contentHash: Uint8Array;
  readonly signature: Uint8Array;
  readonly signal: AbortSignal;
}

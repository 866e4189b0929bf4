import type { PackageStatuses, PackageStatusesInit } from "@opamp/protocol";

/** Whether a package's name is taken, and by what. The other members count only when it is. */
export interface PackageState {
  readonly exists: boolean;
  /** One of `PackageType`. @default PackageType.TopLevel */
  readonly type?: number;
  /** The server's hash of the package; empty while nothing is installed under the name. */
  readonly hash?: Uint8Array;
  readonly version?: string;
  /**
   * Who installed it. What a server installed is deleted when it is no longer offered, what is local
   * stays. When left out, the last reported statuses decide.
   */
  readonly installedBy?: "server" | "local";
}

/** Handed to every call that may take time. */
export interface ProviderContext {
  /** Fires when the call is of no use any longer: a newer offer came, or the client stops. */
  readonly signal: AbortSignal;
}

/** What `updateContent` has to know of the content. */
export interface ContentContext extends ProviderContext {
  readonly packageName: string;
  /** Where the content comes from; its path may tell the format. */
  readonly downloadUrl: string;
  /** SHA-256 of the whole content, 32 bytes. */
  readonly contentHash: Uint8Array;
  /** The server's signature; empty when there is none. */
  readonly signature: Uint8Array;
  /**
   * How many bytes of an earlier attempt stay: the data continues there. Above 0 only when
   * `partialContent` gave them.
   */
  readonly startAt: number;
  /** What a later run hands back in `PartialContent.validator`. */
  readonly validator: string | undefined;
}

/** What an attempt that broke off has left. */
export interface PartialContent {
  /** How many bytes there are, from the start of the content. */
  readonly bytes: number;
  /** The `validator` of the `updateContent` that wrote them. */
  readonly validator: string | undefined;
  /** The bytes themselves: they are hashed again before more are added. */
  read(context: ProviderContext): AsyncIterable<Uint8Array>;
}

/**
 * Where the packages are kept. A call that throws or rejects is a failed install: it is reported,
 * and the next offer tries again (L-12). Calls for different packages may overlap.
 */
export interface PackagesStateProvider {
  /** The hash last given to `setAllPackagesHash`, or undefined. */
  allPackagesHash(context: ProviderContext): Promise<Uint8Array | undefined>;
  /** Called with an empty hash before packages change, and with the offer's when all are installed. */
  setAllPackagesHash(hash: Uint8Array, context: ProviderContext): Promise<void>;
  /** The names of all packages that exist. */
  packages(context: ProviderContext): Promise<readonly string[]>;
  /** `{ exists: false }` for a package that does not exist. */
  packageState(packageName: string, context: ProviderContext): Promise<PackageState>;
  /** Called after the content was updated; `packageState` gives it back later. */
  setPackageState(
    packageName: string,
    state: PackageState,
    context: ProviderContext,
  ): Promise<void>;
  /** Makes a package without content and with an empty hash; fails for one that exists. */
  createPackage(packageName: string, type: number, context: ProviderContext): Promise<void>;
  /** SHA-256 of the package's file, or undefined when there is none. */
  fileContentHash(packageName: string, context: ProviderContext): Promise<Uint8Array | undefined>;
  /**
   * Whether `updateContent` is done with each chunk when it asks for the next one. Chunks are then
   * freed at once, which saves the half of the memory that a large download takes, and more. A stream
   * that is written to holds several chunks. @default false
   */
  readonly holdsOneChunk?: boolean;
  /**
   * Replaces the content of a package by the data, which has to be read to its end. Data that throws
   * is not what was offered, or broke off: the package must stay as it was, and the call must reject.
   * The data ends only after hash and signature were found right (L-06).
   */
  updateContent(data: AsyncIterable<Uint8Array>, context: ContentContext): Promise<void>;
  deletePackage(packageName: string, context: ProviderContext): Promise<void>;
  /** What was last given to `setLastReportedStatuses`, also by an earlier run. */
  lastReportedStatuses(context: ProviderContext): Promise<PackageStatusesInit | undefined>;
  /** Called whenever a package changes its status, one call at a time; not for mere progress. */
  setLastReportedStatuses(statuses: PackageStatuses, context: ProviderContext): Promise<void>;
  /** What an earlier attempt at this content has left, so that a download goes on over a restart. */
  partialContent?(
    packageName: string,
    contentHash: Uint8Array,
    context: ProviderContext,
  ): Promise<PartialContent | undefined>;
}

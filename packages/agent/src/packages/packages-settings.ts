import type { CallbackContext, PackagesOptions } from "@opamp/client";

/** A package whose content lies on the disk, complete and verified. */
export interface PackageFile {
  readonly name: string;
  readonly version: string;
  /** One of `PackageType`. */
  readonly type: number;
  /** What the server calls it: any bytes (C-179). */
  readonly hash: Uint8Array;
  /** SHA-256 of the content, 32 bytes. */
  readonly contentHash: Uint8Array;
  /** Where the content came from; its path may tell the format. */
  readonly downloadUrl: string;
  /** The content. To be read or copied, not to be moved or changed; each content has its own path. */
  readonly path: string;
}

/** Why a package is to be installed. */
export type InstallReason =
  /** The server offers it. */
  | "offered"
  /** The program starts, and the run before ended while it installed this. */
  | "interrupted"
  /** A newer version failed, and this is the one before. */
  | "rolled-back";

export interface InstallContext {
  /** Fires when the time is over or the agent stops. */
  readonly signal: AbortSignal;
  readonly reason: InstallReason;
}

/** Why a package is to be removed. */
export type UninstallReason =
  /** The server does not offer it any longer, or offers it as another type. */
  | "removed"
  /** Its install failed, and there was none before. */
  | "rolled-back";

export interface UninstallContext {
  /** Fires when the time is over or the agent stops. */
  readonly signal: AbortSignal;
  readonly reason: UninstallReason;
}

export type HealthCheckContext = CallbackContext;

/** A content whose hash was found right, and what is said to be its signature. */
export interface SignedPackage extends Omit<PackageFile, "type" | "hash"> {
  /** Never empty. */
  readonly signature: Uint8Array;
}

/** How packages of the server are dealt with. */
export interface PackagesSettings extends Omit<PackagesOptions, "verifySignature"> {
  /**
   * Public keys (Ed25519, PEM), one of which must have signed a package's content. With it a package
   * without a signature fails before it is downloaded (L-06). @default signatures are not looked at
   */
  readonly trust?: readonly string[];
  /** Verifies signatures of another kind, such as those of cosign or GPG; instead of `trust`. */
  readonly verifySignature?: (
    pkg: SignedPackage,
    context: CallbackContext,
  ) => boolean | Promise<boolean>;
  /**
   * Puts a package in force; when it throws or rejects, the message is what the server is told. Called
   * for one package at a time. @default the file on disk is all: see `agent.packages`
   */
  readonly install?: (pkg: PackageFile, context: InstallContext) => void | Promise<void>;
  /** Undoes an install, before the content is removed. */
  readonly uninstall?: (pkg: PackageFile, context: UninstallContext) => void | Promise<void>;
  /** Asked once after an install; anything but true brings back the version before. */
  readonly isHealthy?: (
    pkg: PackageFile,
    context: HealthCheckContext,
  ) => boolean | Promise<boolean>;
  /** How long one `install` or `uninstall` may take, in milliseconds. @default 300000 (5 min) */
  readonly timeoutMs?: number;
  /** How long `isHealthy` may take, in milliseconds. @default 60000 */
  readonly healthCheckMs?: number;
  /** How often an install is begun before it has failed, should the process end each time. @default 3 */
  readonly maxInstallAttempts?: number;
}

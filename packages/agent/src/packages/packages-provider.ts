import type {
  ContentContext,
  PackageState,
  PackagesStateProvider,
  PartialContent,
  ProviderContext,
} from "@opamp/client";
import type { PackageStatusesInit } from "@opamp/protocol";
import type { Installer } from "./installer.ts";
import type { PackageContents } from "./package-contents.ts";
import type { PackageStore } from "./package-store.ts";
import { settledStatuses } from "./settled-statuses.ts";
import { untilAborted } from "./until-aborted.ts";

export interface PackagesProviderOptions {
  readonly store: PackageStore;
  readonly contents: PackageContents;
  readonly installer: Installer;
  /** Resolves when what the run before had begun is ended. */
  readonly recovered: Promise<void>;
}

/** A content that is complete, and not installed yet. */
interface StagedContent {
  readonly contentHash: string;
  readonly downloadUrl: string;
}

/** Packages on disk, for the client. */
export class PackagesProvider implements PackagesStateProvider {
  /** Each chunk is on its way to the disk before the next one is asked for. */
  readonly holdsOneChunk = true;
  readonly #options: PackagesProviderOptions;
  /** Packages that have a name and nothing else; nobody has to remember those. */
  readonly #created = new Map<string, number>();
  readonly #receiving = new Set<string>();
  readonly #staged = new Map<string, StagedContent>();
  #offered: readonly string[] | undefined;

  constructor(options: PackagesProviderOptions) {
    this.#options = options;
  }

  /** Tells which packages the newest offer is about. */
  setOffered(names: readonly string[]): void {
    this.#offered = names;
  }

  /** Where a content is that was found to have its hash, on its way or installed. */
  pathOf(packageName: string): string | undefined {
    const { store, contents } = this.#options;
    if (this.#receiving.has(packageName)) return contents.partialPath(packageName);
    const installed = store.get(packageName)?.installed;
    return installed && contents.path(installed.contentHash);
  }

  async allPackagesHash(): Promise<Uint8Array> {
    return bytesOf(this.#options.store.allPackagesHash);
  }

  async setAllPackagesHash(hash: Uint8Array): Promise<void> {
    const { store, contents } = this.#options;
    const text = hexOf(hash);
    if (text !== store.allPackagesHash) store.setAllPackagesHash(text);
    if (text !== "") contents.keepPartialsOf([]);
  }

  /** The first call of every sync. */
  async packages({ signal }: ProviderContext): Promise<readonly string[]> {
    const { store, contents, recovered } = this.#options;
    await Promise.race([recovered, untilAborted(signal)]);
    this.#staged.clear();
    if (this.#offered !== undefined) contents.keepPartialsOf(this.#offered);
    return [...this.#created.keys(), ...store.packages.map(({ name }) => name)];
  }

  async packageState(name: string): Promise<PackageState> {
    const { installed, type } = this.#options.store.get(name) ?? {};
    if (installed === undefined || type === undefined) {
      const created = this.#created.get(name);
      if (created === undefined) return { exists: false };
      return { exists: true, type: created, installedBy: "server" };
    }
    const { hash, version } = installed;
    return { exists: true, type, hash: bytesOf(hash), version, installedBy: "server" };
  }

  async setPackageState(
    name: string,
    state: PackageState,
    { signal }: ProviderContext,
  ): Promise<void> {
    const { store, installer } = this.#options;
    const { type = 0, hash, version = "" } = state;
    const staged = this.#staged.get(name);
    const before = store.get(name);
    const names = { hash: hexOf(hash ?? new Uint8Array(0)), version };
    if (staged === undefined) {
      if (before?.installed === undefined) throw new Error("there is no such package");
      store.put({ ...before, installed: { ...before.installed, ...names } });
      return;
    }
    this.#staged.delete(name);
    const target = { ...names, ...staged };
    await installer.whileRunning(signal, () => installer.install({ name, type, target }));
    this.#created.delete(name);
  }

  async createPackage(name: string, type: number): Promise<void> {
    this.#created.set(name, type);
  }

  async fileContentHash(name: string): Promise<Uint8Array | undefined> {
    const { store, contents } = this.#options;
    const installed = store.get(name)?.installed;
    return installed && contents.hashOf(installed.contentHash);
  }

  async updateContent(data: AsyncIterable<Uint8Array>, context: ContentContext): Promise<void> {
    const { packageName, contentHash, downloadUrl } = context;
    this.#receiving.add(packageName);
    try {
      await this.#options.contents.receive(data, context);
    } finally {
      this.#receiving.delete(packageName);
    }
    this.#staged.set(packageName, { contentHash: hexOf(contentHash), downloadUrl });
  }

  async deletePackage(name: string, { signal }: ProviderContext): Promise<void> {
    const { installer } = this.#options;
    this.#created.delete(name);
    await installer.whileRunning(signal, () => installer.remove(name));
  }

  async lastReportedStatuses(): Promise<PackageStatusesInit | undefined> {
    const { store } = this.#options;
    if (store.statuses === undefined && store.packages.length === 0) return undefined;
    return settledStatuses(store.statuses ?? {}, store);
  }

  async setLastReportedStatuses(statuses: PackageStatusesInit): Promise<void> {
    this.#options.store.setStatuses(statuses);
  }

  async partialContent(name: string, hash: Uint8Array): Promise<PartialContent | undefined> {
    return this.#options.contents.partial(name, hash);
  }
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

function bytesOf(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, "hex"));
}

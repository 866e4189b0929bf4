import { createHash } from "node:crypto";
import type { PackageStatusesInit } from "@opamp/protocol";
import type { ContentContext, PackageState, PackagesStateProvider } from "../../src/index.ts";

export function sha256(content: Uint8Array): Uint8Array {
  return new Uint8Array(createHash("sha256").update(content).digest());
}

type Method = keyof PackagesStateProvider;

export interface StoredPackage {
  state: PackageState;
  content: Uint8Array | undefined;
}

interface StoredPartial {
  readonly contentHash: Uint8Array;
  bytes: Uint8Array;
  validator: string | undefined;
}

/** Packages in memory, which outlives any client: a restart is another client over the same. */
export interface MemoryPackages extends PackagesStateProvider {
  readonly stored: Map<string, StoredPackage>;
  readonly partials: Map<string, StoredPartial>;
  /** Every call, as `method name`. */
  readonly calls: readonly string[];
  readonly contexts: readonly ContentContext[];
  allHash: Uint8Array | undefined;
  lastStatuses: PackageStatusesInit | undefined;
  /** Called before each call; what it throws or waits for is the call's. */
  onCall: (method: Method, packageName: string, signal: AbortSignal) => unknown;
  /** A package that was there before any server. */
  addLocal(name: string, content: Uint8Array, state?: Partial<PackageState>): void;
}

export interface MemoryPackagesOptions {
  /** Keeps what a broken download has brought. @default false */
  readonly keepsPartials?: boolean;
}

export function createMemoryPackages(options: MemoryPackagesOptions = {}): MemoryPackages {
  const stored = new Map<string, StoredPackage>();
  const partials = new Map<string, StoredPartial>();
  const calls: string[] = [];
  const contexts: ContentContext[] = [];
  const existing = (name: string): StoredPackage => {
    const found = stored.get(name);
    if (found === undefined) throw new Error(`there is no package ${name}`);
    return found;
  };
  const enter = async (method: Method, signal: AbortSignal, name = ""): Promise<void> => {
    calls.push(name === "" ? method : `${method} ${name}`);
    await packages.onCall(method, name, signal);
  };
  const packages: MemoryPackages = {
    stored,
    partials,
    calls,
    contexts,
    allHash: undefined,
    lastStatuses: undefined,
    onCall: () => undefined,
    addLocal(name, content, state) {
      const hash = Uint8Array.of(1, 2, 3);
      stored.set(name, { state: { exists: true, hash, version: "local", ...state }, content });
    },
    async allPackagesHash({ signal }) {
      await enter("allPackagesHash", signal);
      return packages.allHash;
    },
    async setAllPackagesHash(hash, { signal }) {
      await enter("setAllPackagesHash", signal);
      packages.allHash = hash;
    },
    async packages({ signal }) {
      await enter("packages", signal);
      return [...stored.keys()];
    },
    async packageState(name, { signal }) {
      await enter("packageState", signal, name);
      return stored.get(name)?.state ?? { exists: false };
    },
    async setPackageState(name, state, { signal }) {
      await enter("setPackageState", signal, name);
      existing(name).state = state;
    },
    async createPackage(name, type, { signal }) {
      await enter("createPackage", signal, name);
      if (stored.has(name)) throw new Error(`there is a package ${name}`);
      stored.set(name, { state: { exists: true, type }, content: undefined });
    },
    async fileContentHash(name, { signal }) {
      await enter("fileContentHash", signal, name);
      const content = stored.get(name)?.content;
      return content && sha256(content);
    },
    async updateContent(data, context) {
      const { packageName, contentHash, startAt, validator, signal } = context;
      await enter("updateContent", signal, packageName);
      contexts.push(context);
      const before = partials.get(packageName)?.bytes.subarray(0, startAt) ?? new Uint8Array(0);
      const chunks: Uint8Array[] = [before];
      try {
        for await (const chunk of data) chunks.push(new Uint8Array(chunk));
      } catch (thrown) {
        const bytes = Buffer.concat(chunks);
        if (options.keepsPartials) partials.set(packageName, { contentHash, bytes, validator });
        throw new Error("the data broke", { cause: thrown });
      }
      partials.delete(packageName);
      existing(packageName).content = new Uint8Array(Buffer.concat(chunks));
    },
    async deletePackage(name, { signal }) {
      await enter("deletePackage", signal, name);
      stored.delete(name);
    },
    async lastReportedStatuses({ signal }) {
      await enter("lastReportedStatuses", signal);
      return packages.lastStatuses;
    },
    async setLastReportedStatuses(statuses, { signal }) {
      await enter("setLastReportedStatuses", signal);
      packages.lastStatuses = statuses;
    },
  };
  if (!options.keepsPartials) return packages;
  packages.partialContent = async (name, contentHash, { signal }) => {
    await enter("partialContent", signal, name);
    const partial = partials.get(name);
    if (partial === undefined || !Buffer.from(partial.contentHash).equals(contentHash)) {
      return undefined;
    }
    const { bytes, validator } = partial;
    return {
      bytes: bytes.length,
      validator,
      read: async function* () {
        yield bytes;
      },
    };
  };
  return packages;
}

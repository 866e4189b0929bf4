import { createHash } from "node:crypto";
import { join } from "node:path";
import type { ContentContext, PartialContent } from "@opamp/client";
import { OpAMPError } from "@opamp/protocol";
import { isHex } from "../state/json.ts";
import type { FileFormat, StateFiles } from "../state/state-files.ts";

const DIRECTORY = "packages";
const PARTIAL = ".partial";
const PARTIAL_RECORD = `${PARTIAL}.json`;

/** What a file holds of a content that is not complete. */
interface PartialRecord {
  /** SHA-256 of the whole content, in hexadecimal. */
  readonly contentHash: string;
  /** What makes sure that the rest is of the same content. */
  readonly validator?: string;
}

const partialRecord: FileFormat<PartialRecord> = {
  version: 1,
  parse({ contentHash, validator }) {
    if (!isHex(contentHash)) return undefined;
    if (validator === undefined) return { contentHash };
    return typeof validator === "string" ? { contentHash, validator } : undefined;
  },
  format: (record) => ({ ...record }),
};

/**
 * The contents of packages. A complete one is named by its SHA-256, one on its way by the SHA-256 of
 * the package's name: names come from the network and never name a file.
 */
export class PackageContents {
  readonly #files: StateFiles;

  constructor(files: StateFiles) {
    this.#files = files;
    files.makeDirectory(DIRECTORY);
  }

  /** Where a complete content is. */
  path(contentHash: string): string {
    return this.#path(contentHash);
  }

  has(contentHash: string): boolean {
    return this.#files.fs.size(this.path(contentHash)) !== undefined;
  }

  read(path: string): AsyncIterable<Uint8Array> {
    return this.#files.fs.readStream(path);
  }

  /** The SHA-256 that a complete content really has; undefined when it is missing. */
  async hashOf(contentHash: string): Promise<Uint8Array | undefined> {
    if (!this.has(contentHash)) return undefined;
    const hash = createHash("sha256");
    for await (const chunk of this.read(this.path(contentHash))) hash.update(chunk);
    return new Uint8Array(hash.digest());
  }

  /** Where a content on its way is. */
  partialPath(packageName: string): string {
    return this.#path(`${idOf(packageName)}${PARTIAL}`);
  }

  partial(packageName: string, contentHash: Uint8Array): PartialContent | undefined {
    const path = this.partialPath(packageName);
    const record = this.#files.read(this.#recordName(packageName), partialRecord);
    const bytes = this.#files.fs.size(path) ?? 0;
    if (record?.contentHash !== Buffer.from(contentHash).toString("hex") || bytes === 0) {
      return undefined;
    }
    return { bytes, validator: record.validator, read: () => this.read(path) };
  }

  /** Stores a content on its way. What breaks stays for later; what is of no use goes. */
  async receive(data: AsyncIterable<Uint8Array>, context: ContentContext): Promise<void> {
    const { packageName, contentHash, startAt, validator } = context;
    if (startAt === 0) this.removePartial(packageName);
    const record = {
      contentHash: Buffer.from(contentHash).toString("hex"),
      ...(validator !== undefined && { validator }),
    };
    this.#files.write(this.#recordName(packageName), record, partialRecord);
    try {
      await this.#writeAll(data, this.partialPath(packageName), startAt);
    } catch (thrown) {
      if (!context.signal.aborted && !isWorthKeeping(thrown)) this.removePartial(packageName);
      throw thrown;
    }
  }

  /** Gives a content that is complete its name. It is lost unless a record refers to it before a crash. */
  complete(packageName: string, contentHash: string): void {
    const { fs } = this.#files;
    fs.rename(this.partialPath(packageName), this.path(contentHash));
    fs.remove(this.#files.path(this.#recordName(packageName)));
    fs.syncDirectory(this.#path(""));
  }

  removePartial(packageName: string): void {
    const { fs } = this.#files;
    fs.remove(this.partialPath(packageName));
    fs.remove(this.#files.path(this.#recordName(packageName)));
  }

  /** Removes what is on its way for packages that nobody offers any longer. */
  keepPartialsOf(packageNames: Iterable<string>): void {
    const kept = new Set(Array.from(packageNames, idOf));
    this.#removeWhere((id, suffix) => suffix !== "" && !kept.has(id));
  }

  /** Removes every complete content but these. */
  keepOnly(contentHashes: ReadonlySet<string>): void {
    this.#removeWhere((id, suffix) => suffix === "" && !contentHashes.has(id));
  }

  /** Removes what a crash has left that cannot be taken up again. */
  removeBrokenPartials(): void {
    const names = new Set(this.#files.fs.list(this.#path("")));
    this.#removeWhere((id, suffix) => {
      const isWhole = names.has(`${id}${PARTIAL}`) && names.has(`${id}${PARTIAL_RECORD}`);
      return suffix !== "" && !(isWhole && !suffix.endsWith(".tmp"));
    });
  }

  async #writeAll(data: AsyncIterable<Uint8Array>, path: string, startAt: number): Promise<void> {
    const writer = await this.#files.fs.openWriter(path, startAt);
    try {
      for await (const chunk of data) await writer.write(chunk);
      await writer.sync();
    } finally {
      await writer.close();
    }
  }

  /** Files of other names are not ours. */
  #removeWhere(isUnneeded: (id: string, suffix: string) => boolean): void {
    const { fs } = this.#files;
    for (const name of fs.list(this.#path(""))) {
      const [, id, suffix = ""] =
        /^([0-9a-f]{64})(\.partial(?:\.json)?(?:\.tmp)?)?$/.exec(name) ?? [];
      if (id !== undefined && isUnneeded(id, suffix)) fs.remove(this.#path(name));
    }
  }

  #path(name: string): string {
    return this.#files.path(join(DIRECTORY, name));
  }

  #recordName(packageName: string): string {
    return join(DIRECTORY, `${idOf(packageName)}${PARTIAL_RECORD}`);
  }
}

function idOf(packageName: string): string {
  return createHash("sha256").update(packageName).digest("hex");
}

/** A download that broke goes on later. Wrong content does not become right, and a full disk needs room. */
function isWorthKeeping(thrown: unknown): boolean {
  if (!(thrown instanceof OpAMPError)) return false;
  return thrown.code !== "content-mismatch" && thrown.code !== "message-too-large";
}

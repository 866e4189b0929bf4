import { OpAMPError, type PackageStatusesInit } from "@opamp/protocol";
import type { StateFiles } from "../state/state-files.ts";
import type { PackageContents } from "./package-contents.ts";
import { type PackageRecord, type PackagesRecord, packagesRecord } from "./package-record.ts";
import { statusesRecord } from "./statuses-record.ts";

const RECORD = "packages.json";
const STATUSES = "package-statuses.json";

export interface PackageStoreOptions {
  readonly files: StateFiles;
  readonly contents: PackageContents;
  readonly report: (error: OpAMPError) => void;
}

/** What is known of packages, in memory and on disk. */
export class PackageStore {
  readonly #options: PackageStoreOptions;
  readonly #packages = new Map<string, PackageRecord>();
  #allPackagesHash: string;
  #statuses: PackageStatusesInit | undefined;

  /** Reads what the directory holds, and removes what nothing refers to. */
  constructor(options: PackageStoreOptions) {
    this.#options = options;
    const { files, contents } = options;
    const record = files.read(RECORD, packagesRecord) ?? { allPackagesHash: "", packages: [] };
    this.#statuses = files.read(STATUSES, statusesRecord);
    this.#allPackagesHash = record.allPackagesHash;
    for (const pkg of record.packages) this.#take(pkg);
    contents.removeBrokenPartials();
    this.tidy();
  }

  /** Where nothing is kept, the server offers everything again. */
  get allPackagesHash(): string {
    return this.#allPackagesHash;
  }

  get packages(): readonly PackageRecord[] {
    return [...this.#packages.values()];
  }

  /** What was last reported. */
  get statuses(): PackageStatusesInit | undefined {
    return this.#statuses;
  }

  get(name: string): PackageRecord | undefined {
    return this.#packages.get(name);
  }

  setAllPackagesHash(hash: string): void {
    this.#write({ allPackagesHash: hash, packages: this.packages });
    this.#allPackagesHash = hash;
  }

  setStatuses(statuses: PackageStatusesInit): void {
    this.#statuses = statuses;
    this.#options.files.write(STATUSES, statuses, statusesRecord);
  }

  /** Throws, and changes nothing, when the disk refuses. */
  put(record: PackageRecord): void {
    this.#replace(record.name, record);
  }

  /** Throws, and changes nothing, when the disk refuses. */
  drop(name: string): void {
    this.#replace(name, undefined);
  }

  /** For what has happened already, whatever the disk makes of it. Nothing remains of an empty record. */
  settle(record: PackageRecord): void {
    const isEmpty = record.installed === undefined && record.work === undefined;
    if (isEmpty) this.#packages.delete(record.name);
    else this.#packages.set(record.name, record);
    try {
      this.#write({ allPackagesHash: this.#allPackagesHash, packages: this.packages });
    } catch (thrown) {
      this.#tell(thrown, `the outcome of the package ${JSON.stringify(record.name)} is not stored`);
    }
  }

  /** Removes the contents that nothing refers to any more. */
  tidy(): void {
    const used = this.packages.flatMap(({ installed, work }) => [
      installed?.contentHash,
      work?.state === "installing" || work?.state === "rolling-back"
        ? work.target.contentHash
        : undefined,
    ]);
    try {
      this.#options.contents.keepOnly(new Set(used.filter((hash) => hash !== undefined)));
    } catch (thrown) {
      this.#tell(thrown, "a content that is not needed any more");
    }
  }

  #replace(name: string, record: PackageRecord | undefined): void {
    const packages = new Map(this.#packages);
    if (record === undefined) packages.delete(name);
    else packages.set(name, record);
    this.#write({
      allPackagesHash: this.#allPackagesHash,
      packages: [...packages.values()],
    });
    if (record === undefined) this.#packages.delete(name);
    else this.#packages.set(name, record);
  }

  #write(record: PackagesRecord): void {
    this.#options.files.write(RECORD, record, packagesRecord);
  }

  /** What has lost its content is forgotten: the server offers it again. */
  #take(record: PackageRecord): void {
    const { contents, report } = this.#options;
    const { installed, work, ...rest } = record;
    const isThere = installed !== undefined && contents.has(installed.contentHash);
    const isLost = installed !== undefined && !isThere;
    const isUndone = work?.state === "removing" && !isThere;
    if (isLost) {
      this.#allPackagesHash = "";
      const problem = `the content of the package ${JSON.stringify(record.name)} is gone`;
      report(new OpAMPError("state-unusable", problem));
    }
    if (!isThere && (work === undefined || isUndone)) return;
    this.#packages.set(record.name, {
      ...rest,
      ...(isThere && { installed }),
      ...(work && !isUndone && { work: this.#withContent(work) }),
    });
  }

  /** What cannot go on any more goes back. */
  #withContent(work: NonNullable<PackageRecord["work"]>): NonNullable<PackageRecord["work"]> {
    if (work.state !== "installing" || this.#options.contents.has(work.target.contentHash)) {
      return work;
    }
    const errorMessage = "the content is gone";
    return { state: "rolling-back", target: work.target, attempts: 0, errorMessage };
  }

  #tell(thrown: unknown, what: string): void {
    this.#options.report(OpAMPError.from(thrown, "state-unusable", what));
  }
}

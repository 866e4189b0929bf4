import { createHash } from "node:crypto";
import { join } from "node:path";
import { formatJson } from "../state/json.ts";
import type { StateFiles } from "../state/state-files.ts";
import { configContent } from "./config-content.ts";
import { type ConfigRecord, configRecord, hexOf, type StoredConfig } from "./config-record.ts";
import type { RemoteConfig } from "./remote-config.ts";

const RECORD = "remote-config.json";
const CONFIGS = "configs";

/** Remote configs on disk: each in a file of its own, and a record that says which one is which. */
export interface ConfigStore {
  readonly record: ConfigRecord;
  /** The last config that was applied. */
  readonly lastGood: RemoteConfig | undefined;
  /** The config that was being applied when the run before ended. */
  readonly interrupted: RemoteConfig | undefined;
  /** Stores a config and that it is being applied, for the `attempts`th time. */
  begin(config: RemoteConfig, attempts: number): void;
  /** The config that was begun is in force, and the last good one from now on. */
  applied(config: RemoteConfig): void;
  /** A config is not in force; before it was begun, perhaps. */
  failed(hash: Uint8Array, errorMessage: string): void;
  /** The program ends in order: what it was at does not count as an attempt. */
  forgetAttempt(): void;
}

/** Reads what the directory holds. What is damaged is set aside and counts as never received. */
export function openConfigStore(files: StateFiles): ConfigStore {
  files.makeDirectory(CONFIGS);
  return new DiskConfigStore(files);
}

class DiskConfigStore implements ConfigStore {
  readonly #files: StateFiles;
  #record: ConfigRecord;
  #lastGood: RemoteConfig | undefined;
  #interrupted: RemoteConfig | undefined;

  constructor(files: StateFiles) {
    this.#files = files;
    const record = files.read(RECORD, configRecord) ?? {};
    this.#lastGood = record.lastGood && this.#readConfig(record.lastGood);
    this.#interrupted =
      record.received?.state === "applying" ? this.#readConfig(record.received) : undefined;
    this.#record = this.#withoutLost(record);
    this.#removeUnused();
  }

  get record(): ConfigRecord {
    return this.#record;
  }

  get lastGood(): RemoteConfig | undefined {
    return this.#lastGood;
  }

  get interrupted(): RemoteConfig | undefined {
    return this.#interrupted;
  }

  begin(config: RemoteConfig, attempts: number): void {
    const stored = this.#writeConfig(config);
    this.#save({ ...this.#record, received: { ...stored, state: "applying", attempts } });
  }

  applied(config: RemoteConfig): void {
    const stored = this.#writeConfig(config);
    this.#save({ received: { state: "applied", hash: stored.hash }, lastGood: stored });
    this.#lastGood = config;
  }

  failed(hash: Uint8Array, errorMessage: string): void {
    const received = { state: "failed", hash: hexOf(hash), errorMessage } as const;
    this.#save({ ...this.#record, received });
  }

  forgetAttempt(): void {
    const { received } = this.#record;
    if (received?.state !== "applying") return;
    this.#save({ ...this.#record, received: { ...received, attempts: received.attempts - 1 } });
  }

  /** Once an interrupted config was taken up again, it is not interrupted any more. */
  #save(record: ConfigRecord): void {
    this.#files.write(RECORD, record, configRecord);
    this.#record = record;
    this.#interrupted = undefined;
    this.#removeUnused();
  }

  /** A config is named by its content, so that a file is never written over with another one. */
  #writeConfig(config: RemoteConfig): StoredConfig {
    const { version, format } = configContent;
    const content = formatJson({ version, ...format(config) });
    const file = nameOf(content);
    const path = join(CONFIGS, file);
    if (this.#files.readContent(path) === undefined) this.#files.writeContent(path, content);
    return { hash: hexOf(config.hash), file };
  }

  #readConfig({ file }: StoredConfig): RemoteConfig | undefined {
    const path = join(CONFIGS, file);
    const content = this.#files.readContent(path);
    if (content === undefined) return undefined;
    if (nameOf(content) === file) return this.#files.parse(path, content, configContent);
    this.#files.setAside(path);
    return undefined;
  }

  /** What refers to a config that cannot be read is forgotten: the server offers it again. */
  #withoutLost({ received, lastGood }: ConfigRecord): ConfigRecord {
    const isLost =
      (received?.state === "applying" && this.#interrupted === undefined) ||
      (received?.state === "applied" && this.#lastGood === undefined);
    return {
      ...(received && !isLost && { received }),
      ...(lastGood && this.#lastGood && { lastGood }),
    };
  }

  #removeUnused(): void {
    const { received, lastGood } = this.#record;
    const used = [received?.state === "applying" ? received.file : undefined, lastGood?.file];
    this.#files.keepOnly(CONFIGS, new Set(used.filter((name) => name !== undefined)));
  }
}

function nameOf(content: Uint8Array): string {
  return `${createHash("sha256").update(content).digest("hex")}.json`;
}

import { join } from "node:path";
import type { Clock, OpAMPError } from "@opamp/protocol";
import type { FileSystem } from "./file-system.ts";
import { formatJson, type JsonObject, parseJsonObject } from "./json.ts";
import { stateUnusable } from "./state-error.ts";
import { TEMPORARY, writeAtomically } from "./write-atomically.ts";

export interface StateFilesOptions {
  readonly directory: string;
  readonly fs: FileSystem;
  readonly clock: Clock;
  /** Hears of every file that was damaged. */
  readonly onDamage: (error: OpAMPError) => void;
}

/** What the files of one kind hold. */
export interface FileFormat<T> {
  /** The newest version of the format that this program knows; counted from 1. */
  readonly version: number;
  /** Undefined for content that is damaged. */
  readonly parse: (content: JsonObject) => T | undefined;
  readonly format: (value: T) => JsonObject;
}

/** The files of a state directory, each a JSON object with the version of its format. */
export class StateFiles {
  readonly #options: StateFilesOptions;

  constructor(options: StateFilesOptions) {
    this.#options = options;
  }

  /** The disk itself, for content that is no JSON. */
  get fs(): FileSystem {
    return this.#options.fs;
  }

  /** What a file holds; undefined when it is missing or damaged. Throws for one of a newer version. */
  read<T>(name: string, format: FileFormat<T>): T | undefined {
    const content = this.#options.fs.read(this.path(name));
    return content && this.parse(name, content, format);
  }

  /** Like `read`, of content that was read before. */
  parse<T>(name: string, content: Uint8Array, format: FileFormat<T>): T | undefined {
    const object = parseJsonObject(content);
    const version = object?.version;
    if (typeof version === "number" && version > format.version) {
      throw stateUnusable(
        `${this.path(name)} was written by a newer version (format ${version}, this one knows ${format.version}); update this program, or give it another state directory`,
      );
    }
    const value = object && version === format.version ? format.parse(object) : undefined;
    if (value === undefined) this.setAside(name);
    return value;
  }

  write<T>(name: string, value: T, format: FileFormat<T>): void {
    this.writeContent(name, formatJson({ version: format.version, ...format.format(value) }));
  }

  writeContent(name: string, content: Uint8Array): void {
    writeAtomically(this.#options.fs, this.path(name), content);
  }

  readContent(name: string): Uint8Array | undefined {
    return this.#options.fs.read(this.path(name));
  }

  makeDirectory(name: string): void {
    this.#options.fs.makeDirectory(this.path(name));
  }

  /** Removes the files of a directory in it that nothing refers to any more. */
  keepOnly(directory: string, names: ReadonlySet<string>): void {
    const { fs } = this.#options;
    for (const name of fs.list(this.path(directory))) {
      const isOurs = name.endsWith(".json") || name.endsWith(TEMPORARY);
      if (isOurs && !names.has(name)) fs.remove(join(this.path(directory), name));
    }
  }

  /** Renames a damaged file, so that someone may look at it, and tells. */
  setAside(name: string): void {
    const { fs, clock, onDamage } = this.#options;
    const time = new Date(clock.now()).toISOString().replaceAll(/[:.]/g, "-");
    const aside = `${this.path(name)}.damaged-${time}`;
    fs.rename(this.path(name), aside);
    onDamage(stateUnusable(`${this.path(name)} is damaged and now called ${aside}`));
  }

  /** Keeps the content of a file under another name, so that someone may look at it. */
  keepCopy(name: string, copyName: string): void {
    const content = this.readContent(name);
    if (content !== undefined) this.writeContent(copyName, content);
  }

  path(name: string): string {
    return join(this.#options.directory, name);
  }
}

import { type InstanceUid, isInstanceUid } from "@opamp/protocol";
import { isJsonObject } from "../state/json.ts";
import type { FileFormat, StateFiles } from "../state/state-files.ts";
import { createPrivateKeyPem, type KeyType, keyTypes, publicKeyOf } from "./key-pair.ts";

const FILE = "certificate-keys.json";

/** Beside the key in use: that of the request, and of those before it that may still be answered. */
const MAX_KEYS = 4;

/** A private key that was made here, and for whom. */
export interface OwnKey {
  readonly instanceUid: InstanceUid;
  readonly keyType: KeyType;
  /** In PEM form. */
  readonly privateKey: string;
}

/** The keys that were made here for certificates. They are on disk before a request leaves. */
export class OwnKeys {
  readonly #files: StateFiles;
  /** Oldest first. */
  #keys: readonly OwnKey[];

  constructor(files: StateFiles) {
    this.#files = files;
    this.#keys = files.read(FILE, format) ?? [];
  }

  find(publicKey: string | undefined): OwnKey | undefined {
    return this.#keys.find(({ privateKey }) => publicKeyOf(privateKey) === publicKey);
  }

  /**
   * The key for a request: one that was made for it before and is not `inUse`, else a new one. The
   * oldest go when they are too many. Nothing is written once the signal has fired.
   */
  async forRequest(
    wanted: Pick<OwnKey, "instanceUid" | "keyType">,
    inUse: string | undefined,
    signal?: AbortSignal,
  ): Promise<OwnKey> {
    const isUsed = (key: OwnKey): boolean => publicKeyOf(key.privateKey) === inUse;
    const waiting = this.#keys.findLast(
      (key) =>
        key.instanceUid === wanted.instanceUid && key.keyType === wanted.keyType && !isUsed(key),
    );
    if (waiting !== undefined) return waiting;
    const made = { ...wanted, privateKey: await createPrivateKeyPem(wanted.keyType) };
    signal?.throwIfAborted();
    const used = this.#keys.filter(isUsed);
    const others = this.#keys.filter((key) => !isUsed(key));
    this.#store([...used, ...others.slice(used.length + 1 - MAX_KEYS), made]);
    return made;
  }

  /** Forgets all keys but one: the others were replaced by it (C-123). */
  keepOnly(publicKey: string): void {
    const kept = this.#keys.filter(({ privateKey }) => publicKeyOf(privateKey) === publicKey);
    if (kept.length < this.#keys.length) this.#store(kept);
  }

  #store(keys: readonly OwnKey[]): void {
    this.#files.write(FILE, keys, format);
    this.#keys = keys;
  }
}

const format: FileFormat<readonly OwnKey[]> = {
  version: 1,
  parse({ keys }) {
    if (!Array.isArray(keys)) return undefined;
    const known = keys.flatMap((key: unknown) => parseKey(key) ?? []);
    return known.length === keys.length ? known : undefined;
  },
  format: (keys) => ({ keys }),
};

function parseKey(value: unknown): OwnKey | undefined {
  if (!isJsonObject(value)) return undefined;
  const { instanceUid, privateKey } = value;
  const keyType = keyTypes.find((known) => known === value.keyType);
  if (typeof instanceUid !== "string" || !isInstanceUid(instanceUid)) return undefined;
  if (typeof privateKey !== "string" || keyType === undefined || !isKey(privateKey)) {
    return undefined;
  }
  return { instanceUid, keyType, privateKey };
}

function isKey(pem: string): boolean {
  try {
    return publicKeyOf(pem) !== "";
  } catch {
    return false;
  }
}

import type { AgentConfigMap } from "@opamp/protocol";

/** A configuration that the server offered. */
export interface RemoteConfig {
  /** Its files by name. There may be none (W-36). */
  readonly objects: { readonly [name: string]: RemoteConfigObject };
  /** What the server calls it: any bytes (C-107). */
  readonly hash: Uint8Array;
}

/** One file of a configuration. */
export interface RemoteConfigObject {
  readonly bytes: Uint8Array;
  /** The MIME type; empty when the server gave none. */
  readonly contentType: string;
  /** What the file is for, in the agent's own words; empty when the server gave none (W-87). */
  readonly role: string;
  /** The bytes as UTF-8. Throws a `TypeError` when they are not. */
  text(): string;
}

export interface RemoteConfigObjectInit {
  readonly bytes: Uint8Array;
  readonly contentType?: string;
  readonly role?: string;
}

export function createRemoteConfig(
  hash: Uint8Array,
  files: Iterable<readonly [name: string, file: RemoteConfigObjectInit]>,
): RemoteConfig {
  // Names come from the server: one such as __proto__ is a name like any other.
  const objects: Record<string, RemoteConfigObject> = Object.create(null);
  for (const [name, file] of files) objects[name] = createObject(file);
  return { objects, hash };
}

export function remoteConfigFromMap(hash: Uint8Array, { configMap }: AgentConfigMap): RemoteConfig {
  const files = Object.entries(configMap).map(
    ([name, { body, contentType, role }]) => [name, { bytes: body, contentType, role }] as const,
  );
  return createRemoteConfig(hash, files);
}

function createObject({ bytes, contentType = "", role = "" }: RemoteConfigObjectInit) {
  const text = (): string =>
    new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  return { bytes, contentType, role, text };
}

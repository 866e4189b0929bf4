import { type AgentConfigObjectInit, OpAMPError } from "@opamp/protocol";
import { assertKnownMembers } from "@opamp/protocol/internal";
import { canonicalHash } from "./canonical-hash.ts";
import type { RemoteConfigOffer } from "./desired.ts";

/** One file of a config. */
export interface ConfigFile {
  readonly body: string | Uint8Array;
  /** Such as `text/yaml`. @default not said */
  readonly contentType?: string;
  /** What the agent uses it for, where that is not plain. @default not said */
  readonly role?: string;
}

export interface RemoteConfigOptions {
  /** An offer without files makes some agents stop all that they do (L-31). @default false */
  readonly allowEmpty?: boolean;
}

/**
 * Makes the offer of a config of its files by name; a text is a file without a type. The hash covers
 * names, bodies, types and roles (S-65, S-66). Throws `invalid-argument` when there are no files, and
 * for a member of a file that has no meaning.
 */
export function createRemoteConfigOffer(
  files: Readonly<Record<string, string | ConfigFile>>,
  options: RemoteConfigOptions = {},
): RemoteConfigOffer {
  const configMap = Object.fromEntries(
    Object.entries(files).map(([name, file]) => [name, configObject(name, file)]),
  );
  if (Object.keys(configMap).length === 0 && options.allowEmpty !== true) {
    throw new OpAMPError(
      "invalid-argument",
      "a remote config without files stops some agents; set allowEmpty when that is meant",
    );
  }
  return { config: { configMap }, configHash: canonicalHash("remote config", configMap) };
}

const knownMembers: Readonly<Record<keyof ConfigFile, true>> = {
  body: true,
  contentType: true,
  role: true,
};

function configObject(name: string, file: string | ConfigFile): AgentConfigObjectInit {
  if (typeof file !== "string")
    assertKnownMembers(`files[${JSON.stringify(name)}]`, file, knownMembers);
  const { body, contentType = "", role = "" } = typeof file === "string" ? { body: file } : file;
  return {
    body: typeof body === "string" ? new TextEncoder().encode(body) : new Uint8Array(body),
    contentType,
    role,
  };
}

import { RemoteConfigStatuses, type RemoteConfigStatusInit } from "@opamp/protocol";
import { isHex, isJsonObject, type JsonObject } from "../state/json.ts";
import type { FileFormat } from "../state/state-files.ts";

/** A config and the file that holds it. */
export interface StoredConfig {
  /** The server's hash, in hexadecimal. */
  readonly hash: string;
  /** The name of the file in `configs`. */
  readonly file: string;
}

/** The last config received, and what became of it. */
export type ReceivedConfig =
  /** Begun, and not ended yet; after a crash it is begun again, `attempts` counts how often. */
  | (StoredConfig & { readonly state: "applying"; readonly attempts: number })
  /** It is the last good one, too. */
  | { readonly state: "applied"; readonly hash: string }
  | { readonly state: "failed"; readonly hash: string; readonly errorMessage: string };

/** What is remembered of remote configs. Each member is missing until there was one. */
export interface ConfigRecord {
  readonly received?: ReceivedConfig;
  /** The last config that was applied. */
  readonly lastGood?: StoredConfig;
}

export const configRecord: FileFormat<ConfigRecord> = {
  version: 1,
  parse({ received, lastGood }) {
    const parsed = { received: parseReceived(received), lastGood: parseStored(lastGood) };
    if ((received === undefined) !== (parsed.received === undefined)) return undefined;
    if ((lastGood === undefined) !== (parsed.lastGood === undefined)) return undefined;
    return {
      ...(parsed.received && { received: parsed.received }),
      ...(parsed.lastGood && { lastGood: parsed.lastGood }),
    };
  },
  format: (record) => ({ ...record }),
};

/** How a received config is reported (C-99, C-100, C-101). */
export function statusOfReceived(received: ReceivedConfig): RemoteConfigStatusInit {
  const lastRemoteConfigHash = Buffer.from(received.hash, "hex");
  switch (received.state) {
    case "applying":
      return { lastRemoteConfigHash, status: RemoteConfigStatuses.APPLYING };
    case "applied":
      return { lastRemoteConfigHash, status: RemoteConfigStatuses.APPLIED };
    case "failed": {
      const { errorMessage } = received;
      return { lastRemoteConfigHash, status: RemoteConfigStatuses.FAILED, errorMessage };
    }
  }
}

/** A hash as the record has it. */
export function hexOf(hash: Uint8Array): string {
  return Buffer.from(hash).toString("hex");
}

function parseReceived(value: unknown): ReceivedConfig | undefined {
  if (!isJsonObject(value) || !isHex(value.hash)) return undefined;
  const { state, hash, errorMessage, attempts } = value;
  if (state === "applied") return { state, hash };
  if (state === "failed" && typeof errorMessage === "string") return { state, hash, errorMessage };
  const stored = parseStored(value);
  if (state !== "applying" || stored === undefined) return undefined;
  return Number.isSafeInteger(attempts)
    ? { ...stored, state, attempts: Number(attempts) }
    : undefined;
}

function parseStored(value: unknown): StoredConfig | undefined {
  if (!isJsonObject(value)) return undefined;
  const { hash, file }: JsonObject = value;
  // A name that could lead out of the directory is none of ours.
  const isName = typeof file === "string" && /^[0-9a-f]{64}\.json$/.test(file);
  return isHex(hash) && isName ? { hash, file } : undefined;
}

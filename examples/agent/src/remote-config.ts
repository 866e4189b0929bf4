import {
  type AgentRemoteConfig,
  RemoteConfigStatuses,
  type RemoteConfigStatusInit,
} from "@opamp/protocol";
import type { ParsedConfig } from "./config.ts";
import { parseConfig } from "./config.ts";
import type { OfferOutcome } from "./state-store.ts";

/** A remote config, read: the text of its only file, and what it means. */
export type ReadOffer = ParsedConfig & { readonly text: string };

/** Reads an offer. It has one file, of any name; anything else is refused with a reason. */
export function readOffer(offer: AgentRemoteConfig): ReadOffer {
  const files = Object.entries(offer.config?.configMap ?? {});
  const [file] = files;
  if (file === undefined || files.length > 1) {
    const names = files
      .slice(0, 5)
      .map(([name]) => JSON.stringify(name))
      .join(", ");
    return { ok: false, text: "", reason: `expected one config file, got ${names || "none"}` };
  }
  const text = decodeText(file[1].body);
  if (text === undefined) return { ok: false, text: "", reason: "the config is not UTF-8 text" };
  return { ...parseConfig(text), text };
}

/** The status that reports how an offer ended. */
export function statusOfOutcome({ hash, error }: OfferOutcome): RemoteConfigStatusInit {
  const lastRemoteConfigHash = Buffer.from(hash, "hex");
  if (error === undefined) return { lastRemoteConfigHash, status: RemoteConfigStatuses.APPLIED };
  return { lastRemoteConfigHash, status: RemoteConfigStatuses.FAILED, errorMessage: error };
}

function decodeText(body: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch (thrown) {
    if (thrown instanceof TypeError) return undefined;
    throw thrown;
  }
}

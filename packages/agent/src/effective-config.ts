import type { CallbackContext } from "@opamp/client";
import type { AgentConfigMapInit, AgentConfigObjectInit } from "@opamp/protocol";
import type { Feature } from "./feature.ts";

/** The files of a configuration by name. */
export interface ConfigFiles {
  readonly [name: string]: string | Uint8Array | ConfigFile;
}

export interface ConfigFile {
  readonly body: string | Uint8Array;
  /** The MIME type. */
  readonly contentType?: string;
  /** What the file is for, in the agent's own words (W-87). */
  readonly role?: string;
}

/** Reads what the program runs with. */
export type EffectiveConfigSource = (
  context: CallbackContext,
) => ConfigFiles | Promise<ConfigFiles>;

export function createEffectiveConfigFeature(read: EffectiveConfigSource): Feature {
  return {
    capabilities: ["ReportsEffectiveConfig"],
    callbacks: { getEffectiveConfig: async (context) => mapFromFiles(await read(context)) },
  };
}

function mapFromFiles(files: ConfigFiles): AgentConfigMapInit {
  const entries = Object.entries(files).map(
    ([name, file]) => [name, objectFromFile(file)] as const,
  );
  return { configMap: Object.fromEntries(entries) };
}

function objectFromFile(file: ConfigFiles[string]): AgentConfigObjectInit {
  if (typeof file === "string" || file instanceof Uint8Array) return { body: bytesOf(file) };
  return { ...file, body: bytesOf(file.body) };
}

function bytesOf(body: string | Uint8Array): Uint8Array {
  return typeof body === "string" ? new TextEncoder().encode(body) : body;
}

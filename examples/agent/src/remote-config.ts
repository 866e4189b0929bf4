import type { RemoteConfig } from "@opamp/agent";
import { type HostwatchConfig, parseConfig } from "./config.ts";

/** Reads an offer: one file, of any name. Throws, with the reason, for anything else. */
export function readOffer({ objects }: RemoteConfig): HostwatchConfig {
  const files = Object.entries(objects);
  const [file] = files;
  if (file === undefined || files.length > 1) {
    const names = files
      .slice(0, 5)
      .map(([name]) => JSON.stringify(name))
      .join(", ");
    throw new Error(`expected one config file, got ${names || "none"}`);
  }
  const parsed = parseConfig(readText(file[1]));
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.config;
}

function readText(file: RemoteConfig["objects"][string]): string {
  try {
    return file.text();
  } catch (cause) {
    throw new Error("the config is not UTF-8 text", { cause });
  }
}

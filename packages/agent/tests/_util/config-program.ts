import type { ApplyContext, RemoteConfig, RemoteConfigSettings } from "../../src/index.ts";

/** A program whose configuration is one text, and that remembers what it was told to apply. */
export interface ConfigProgram {
  readonly remoteConfig: RemoteConfigSettings;
  /** The text in force. */
  readonly current: string;
  /** Each call of `apply`: its reason and the text. */
  readonly calls: readonly string[];
}

/** Texts that hold `bad` are refused. */
export function createConfigProgram(settings: Partial<RemoteConfigSettings> = {}): ConfigProgram {
  const calls: string[] = [];
  let current = "default";
  const apply = async (config: RemoteConfig, context: ApplyContext): Promise<void> => {
    const text = config.objects["edge.yaml"]?.text() ?? "empty";
    calls.push(`${context.reason} ${text}`);
    await settings.apply?.(config, context);
    if (text.includes("bad")) throw new Error(`cannot run with ${text}`);
    current = text;
  };
  return {
    remoteConfig: { ...settings, apply },
    calls,
    get current() {
      return current;
    },
  };
}

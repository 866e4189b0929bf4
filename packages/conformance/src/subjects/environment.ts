import { instanceUidFromBytes } from "@opamp/protocol";
import type { ClientSubjectSettings } from "../runner/client-subject.ts";

/** The settings that a command may take from its environment. */
export const startSettings = [
  "capabilities",
  "compression",
  "custom-capabilities",
  "flags",
  "headers",
  "instance-uid",
  "interval-ms",
  "max-receive-bytes",
  "max-send-bytes",
  "response-timeout-ms",
  "retry-delay-ms",
] as const;

export type StartSetting = (typeof startSettings)[number];

type Settings = Partial<ClientSubjectSettings>;

/** How each setting is written; undefined when it is not set. */
const writers: Readonly<Record<StartSetting, (settings: Settings) => string | undefined>> = {
  capabilities: (settings) => settings.capabilities?.join(","),
  compression: (settings) => settings.compression?.toString(),
  "custom-capabilities": (settings) => settings.customCapabilities?.join(","),
  flags: (settings) => settings.flags?.join(","),
  headers: (settings) => settings.headers && JSON.stringify(settings.headers),
  "instance-uid": ({ instanceUid }) => instanceUid && instanceUidFromBytes(instanceUid),
  "interval-ms": (settings) => settings.intervalMs?.toString(),
  "max-receive-bytes": (settings) => settings.maxReceiveBytes?.toString(),
  "max-send-bytes": (settings) => settings.maxSendBytes?.toString(),
  "response-timeout-ms": (settings) => settings.responseTimeoutMs?.toString(),
  "retry-delay-ms": (settings) => settings.retryDelayMs?.toString(),
};

/** The variables that tell a command what it takes: `OPAMP_INTERVAL_MS` and so on. */
export function environmentFrom(
  settings: Settings,
  takes: readonly StartSetting[],
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    takes.flatMap((name) => {
      const value = writers[name](settings);
      return value === undefined ? [] : [[variableOf(name), value]];
    }),
  );
}

/** The first setting that a command does not take, by its name here; undefined when there is none. */
export function untaken(settings: Settings, takes: readonly StartSetting[]): string | undefined {
  const taken = new Set<string>(takes.map(memberOf));
  return Object.keys(settings).find((member) => !taken.has(member));
}

function variableOf(name: StartSetting): string {
  return `OPAMP_${name.toUpperCase().replaceAll("-", "_")}`;
}

function memberOf(name: StartSetting): string {
  return name.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

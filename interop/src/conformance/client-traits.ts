import { type ClientSubjectSettings, NotSupportedError } from "@opamp/conformance";
import type { AgentCapability, StatusPart } from "@opamp/protocol";
import type { Told } from "./told.ts";

/** What a client can be made to do, and what it tells. */
export interface ClientTraits {
  /** What it can be given at its start, other than URL, description and times. */
  readonly settings: readonly (keyof ClientSubjectSettings)[];
  /** Those that it can declare. */
  readonly capabilities: readonly AgentCapability[];
  /** What its application can report while it runs. */
  readonly reports: readonly Report[];
  readonly told: readonly Told[];
  /** Whether it finds an instance uid by itself. */
  readonly makesUid: boolean;
  /** Capabilities that it takes together only. */
  readonly together?: Readonly<Partial<Record<AgentCapability, AgentCapability>>>;
  /** What it has to declare for its polling interval over HTTP to be set. */
  readonly pollsWith?: AgentCapability;
}

export type Report =
  | StatusPart
  | "capabilities"
  | "effectiveConfig"
  | "customMessage"
  | "connectionSettingsRequest";

/** Given to every client, by whatever it has for it: cases do not depend on them. */
const harmless: readonly (keyof ClientSubjectSettings)[] = [
  "serverUrl",
  "capabilities",
  "description",
  "intervalMs",
  "retryDelayMs",
  "responseTimeoutMs",
];

/** Throws when a client cannot be given the settings; the case is skipped then. */
export function assertPossible(settings: ClientSubjectSettings, traits: ClientTraits): void {
  for (const [name, value] of Object.entries(settings)) {
    const setting = name as keyof ClientSubjectSettings;
    const isUnset = value === undefined || value === false;
    if (isUnset || harmless.includes(setting) || traits.settings.includes(setting)) continue;
    throw new NotSupportedError(`it cannot be given ${setting}`);
  }
  for (const capability of settings.capabilities ?? []) {
    if (traits.capabilities.includes(capability)) continue;
    throw new NotSupportedError(`it cannot declare ${capability}`);
  }
}

/** Throws when the application of a client has no way to report something. */
export function assertReports(report: Report, traits: ClientTraits): void {
  if (traits.reports.includes(report)) return;
  throw new NotSupportedError(`its application cannot report ${report}`);
}

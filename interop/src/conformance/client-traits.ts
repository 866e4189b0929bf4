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
  /** Whether the time until it comes back cannot be set. @default false */
  readonly keepsOwnPace?: boolean;
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

type Settings = Partial<ClientSubjectSettings>;

/**
 * The settings that a client starts with: those that the case needs, and of those that it wishes for
 * what the client can be given. Throws when it cannot be given one that is needed, or cannot declare
 * a capability; the case is skipped then.
 */
export function possibleSettings(
  { wishes = {}, ...needed }: ClientSubjectSettings,
  traits: ClientTraits,
): ClientSubjectSettings {
  const refused = Object.keys(needed).find((name) => !isPossible(name, needed, traits));
  if (refused !== undefined) throw new NotSupportedError(`it cannot be given ${refused}`);
  const isKnown = (name: AgentCapability): boolean => traits.capabilities.includes(name);
  const capabilities = [...(needed.capabilities ?? []), ...(wishes.capabilities ?? [])];
  const undeclared = capabilities.find((name) => !isKnown(name));
  if (undeclared !== undefined) throw new NotSupportedError(`it cannot declare ${undeclared}`);
  const wished = Object.entries(wishes).filter(([name]) => isPossible(name, wishes, traits));
  return { ...Object.fromEntries(wished), ...needed, capabilities };
}

function isPossible(name: string, settings: Settings, traits: ClientTraits): boolean {
  const setting = name as keyof Settings;
  const isUnset = settings[setting] === undefined || settings[setting] === false;
  return isUnset || harmless.includes(setting) || traits.settings.includes(setting);
}

/** Throws when the application of a client has no way to report something. */
export function assertReports(report: Report, traits: ClientTraits): void {
  if (traits.reports.includes(report)) return;
  throw new NotSupportedError(`its application cannot report ${report}`);
}

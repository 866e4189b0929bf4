import type { StatusPart, StatusPartInit } from "@opamp/protocol";
import { assertCustomCapabilities } from "@opamp/protocol/internal";
import type { ReportedState } from "./reported-state.ts";
import type { ResolvedSettings } from "./resolve-settings.ts";
import type { StartSettings } from "./settings.ts";

/** What the settings know of the agent, also of an earlier run, is reported like anything else. */
export function restoreState(
  state: ReportedState,
  settings: StartSettings,
  { agentDescription }: ResolvedSettings,
): void {
  const set = <P extends StatusPart>(part: P, init: StatusPartInit<P> | undefined): void => {
    if (init !== undefined) state.set(part, init);
  };
  const { customCapabilities } = settings;
  set("agentDescription", agentDescription);
  set("health", settings.health);
  set("remoteConfigStatus", settings.remoteConfigStatus);
  set("connectionSettingsStatus", settings.connectionSettingsStatus);
  set("availableComponents", settings.availableComponents);
  if (customCapabilities === undefined) return;
  assertCustomCapabilities("customCapabilities", customCapabilities);
  set("customCapabilities", { capabilities: customCapabilities });
}

import type { StatusPart } from "@opamp/protocol";
import type { CallbackGuard } from "./callback-guard.ts";
import type { ReportedState } from "./reported-state.ts";

/** Lets the agent store a status that the next run has to know (C-106). */
export function saveStatus(part: StatusPart, state: ReportedState, guard: CallbackGuard): void {
  if (part === "remoteConfigStatus") {
    const status = state.get(part);
    if (status === undefined) return;
    guard.notify("saveRemoteConfigStatus", (callbacks, context) =>
      callbacks.saveRemoteConfigStatus?.(status, context),
    );
  }
  if (part === "connectionSettingsStatus") {
    const status = state.get(part);
    if (status === undefined) return;
    guard.notify("saveConnectionSettingsStatus", (callbacks, context) =>
      callbacks.saveConnectionSettingsStatus?.(status, context),
    );
  }
}

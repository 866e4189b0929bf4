import {
  type ConnectionSettingsRequestInit,
  type CustomMessageInit,
  OpAMPError,
} from "@opamp/protocol";
import type { SendQueue } from "./send-queue.ts";
import type { ServerKnowledge } from "./server-knowledge.ts";

/** What waits to be sent once, of either kind. */
export interface SendQueues {
  readonly customMessages: SendQueue<CustomMessageInit>;
  readonly settingsRequests: SendQueue<ConnectionSettingsRequestInit>;
}

/** What the server does not take is not kept waiting for it (C-66, C-154, W-53). */
export function rejectUnsupported(queues: SendQueues, server: ServerKnowledge): void {
  queues.customMessages.rejectWhere(
    ({ capability = "" }) => !server.supports(capability),
    ({ capability = "" }) => peerLacks(`the custom capability ${JSON.stringify(capability)}`),
  );
  queues.settingsRequests.rejectWhere(
    () => !server.accepts("AcceptsConnectionSettingsRequest"),
    () => peerLacks("the capability AcceptsConnectionSettingsRequest"),
  );
}

/** Messages of a capability that the agent no longer announces. */
export function rejectWithdrawn(
  { customMessages }: SendQueues,
  announces: (capability: string) => boolean,
): void {
  customMessages.rejectWhere(
    ({ capability = "" }) => !announces(capability),
    ({ capability = "" }) =>
      new OpAMPError(
        "capability-not-declared",
        `the custom capability ${JSON.stringify(capability)} was withdrawn before this was sent`,
      ),
  );
}

function peerLacks(what: string): OpAMPError {
  return new OpAMPError("peer-lacks-capability", `the server did not announce ${what}`);
}

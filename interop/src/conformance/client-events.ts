import type { ClientEvent } from "@opamp/conformance";
import { decodeServerToAgent } from "@opamp/protocol";
import type { PeerEvent } from "../event-log.ts";

/** What an event of a client program means to a case. */
export function clientEventsFrom(event: PeerEvent): readonly ClientEvent[] {
  const { error, message } = event as { readonly error?: unknown; readonly message?: unknown };
  switch (event.event) {
    case "connected":
      return [{ kind: "connected" }];
    case "connectFailed":
      return [{ kind: "connect-failed", code: codeOf(String(error)) }];
    case "message":
      return eventsFromMessage(Buffer.from(String(message), "base64"));
    default:
      return [];
  }
}

/** A text that names the status tells the application as well as a code. */
function codeOf(error: string): string {
  return /\b40[13]\b/.test(error) ? "unauthorized" : error;
}

function eventsFromMessage(bytes: Uint8Array): readonly ClientEvent[] {
  const message = decodeServerToAgent(bytes);
  const { errorResponse, command, remoteConfig, packagesAvailable } = message;
  const { connectionSettings, customCapabilities, customMessage } = message;
  const told = {
    ...(remoteConfig && { remoteConfig }),
    ...(packagesAvailable && { packagesAvailable }),
    ...(connectionSettings && { connectionSettings }),
    ...(customCapabilities && { customCapabilities }),
    ...(customMessage && { customMessage }),
  };
  const events: ClientEvent[] = [];
  if (errorResponse) events.push({ kind: "server-error", type: errorResponse.type });
  if (command) events.push({ kind: "command", type: command.type });
  if (Object.keys(told).length > 0) events.push({ kind: "message", message: told });
  return events;
}

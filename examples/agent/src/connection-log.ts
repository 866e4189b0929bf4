import type { ClientStatus, OpAMPClient } from "@opamp/client";
import type { Log } from "./log.ts";

/** Logs every change of the connection, until the client has stopped. */
export async function logConnection(client: OpAMPClient, log: Log): Promise<void> {
  let before: string | undefined;
  for await (const status of client.statusChanges()) {
    const line = describe(status);
    if (line !== undefined && line !== before) log(line);
    before = line;
  }
}

function describe(status: ClientStatus): string | undefined {
  switch (status.state) {
    case "idle":
      return undefined;
    case "connecting":
      return `connects, attempt ${status.attempt}`;
    case "online":
      return "is connected";
    case "backing-off":
      return `tries again in ${status.delayMs.toFixed(0)} ms: ${status.error.message}`;
    case "stopping":
      return "says goodbye";
    case "stopped":
      return "has stopped";
  }
}

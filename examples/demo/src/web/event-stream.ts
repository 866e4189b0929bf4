import type { ServerResponse } from "node:http";
import type { Clock, InstanceUid, Timer } from "@opamp/protocol";
import type { Fleet } from "../fleet/fleet.ts";
import type { LogEntry } from "../fleet/message-log.ts";
import { respondWithEvents } from "./respond.ts";

export interface EventStreamOptions {
  readonly fleet: Fleet;
  readonly clock: Clock;
  readonly opampUrl: string;
  /** The agent whose whole state and messages are wanted, beside the list of all. */
  readonly uid: InstanceUid | undefined;
}

/** What comes in within this time goes out together. */
const GATHER_MS = 50;

/** A browser that reads more slowly than this is cut off; it comes back for the state of then. */
const MAX_UNREAD_BYTES = 8 * 1024 * 1024;

/**
 * Sends the agents and the chosen agent, now and after every change, as Server-Sent Events: `server`
 * once, `agents`, `agent` (null when it is not known) and `messages` (those since the last).
 */
export function streamEvents(response: ServerResponse, options: EventStreamOptions): void {
  const { fleet, clock, opampUrl, uid } = options;
  let gathered: LogEntry[] = [];
  let timer: Timer | undefined;
  const send = (): void => {
    timer = undefined;
    write(response, "agents", fleet.summaries());
    if (uid !== undefined) write(response, "agent", fleet.view(uid) ?? null);
    if (gathered.length > 0) write(response, "messages", gathered);
    gathered = [];
    if (response.writableLength > MAX_UNREAD_BYTES) response.destroy();
  };
  const unsubscribe = fleet.subscribe((changedUid, message) => {
    if (message !== undefined && changedUid === uid) gathered.push(message);
    timer ??= clock.setTimer(send, GATHER_MS);
  });
  response.on("close", () => {
    unsubscribe();
    timer?.cancel();
  });
  respondWithEvents(response);
  response.write("retry: 500\n\n");
  write(response, "server", { opampUrl, processId: process.pid });
  if (uid !== undefined) gathered.push(...fleet.messages(uid));
  send();
}

function write(response: ServerResponse, event: string, data: unknown): void {
  response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
}

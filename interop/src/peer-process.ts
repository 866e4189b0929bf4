import { createEventLog, type EventLog, type PeerEvent } from "./event-log.ts";
import { type PeerCommand, type PeerProgram, startJsonLinesProcess } from "./json-lines-process.ts";

/** A peer in a process of its own, and what it has said. */
export interface PeerProcess<E extends PeerEvent> extends AsyncDisposable {
  readonly events: EventLog<E>;
  command(command: PeerCommand): void;
}

/** Starts a peer. Disposing of it kills it. */
export function startPeerProcess<E extends PeerEvent>(program: PeerProgram): PeerProcess<E> {
  const notes = (): string => child.stderr;
  const events = createEventLog<E>({ name: program.name, notes });
  const child = startJsonLinesProcess(program, {
    event: (event) => events.push(event as E),
    end: (reason) => events.end(reason),
  });
  return {
    events,
    command: (command) => child.command(command),
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
}

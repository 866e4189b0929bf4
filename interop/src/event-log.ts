import { EventEmitter, once } from "node:events";
import { inspect } from "node:util";

/** What any peer may say: which command it could not carry out. */
export interface FailedEvent {
  readonly event: "failed";
  readonly command: string;
  readonly error: string;
}

/** What a peer has said so far, and a way to wait for what it will say. */
export interface EventLog<E extends PeerEvent> {
  readonly events: readonly E[];
  push(event: E): void;
  /** Says that no more events will come. */
  end(reason: string): void;
  /**
   * The first result of `select` over the events so far and to come. Rejects when a command has
   * failed, when the events end, or after the time; the error shows what was said instead.
   */
  find<T>(what: string, select: (event: E) => T | undefined, options?: FindOptions): Promise<T>;
}

export interface PeerEvent {
  readonly event: string;
}

export interface FindOptions {
  /** @default 5000 */
  readonly timeoutMs?: number;
  /** How many of the first events to pass over. @default 0 */
  readonly after?: number;
}

export interface EventLogOptions {
  readonly name: string;
  /** What else to show when waiting was in vain, such as what the process wrote to stderr. */
  readonly notes?: () => string;
}

const DEFAULT_TIMEOUT_MS = 5000;

export function createEventLog<E extends PeerEvent>(options: EventLogOptions): EventLog<E> {
  const events: E[] = [];
  const changes = new EventEmitter();
  let ended: string | undefined;

  const inVain = (what: string, why: string): Error => {
    const seen = events.map((event) => inspect(event, { depth: 8, breakLength: 120 }));
    const notes = options.notes?.() ?? "";
    return new Error([`${options.name}: no ${what}: ${why}`, ...seen, notes].join("\n"));
  };

  return {
    events,
    push(event) {
      events.push(event);
      changes.emit("change");
    },
    end(reason) {
      ended = reason;
      changes.emit("change");
    },
    async find(what, select, { timeoutMs = DEFAULT_TIMEOUT_MS, after = 0 } = {}) {
      const signal = AbortSignal.timeout(timeoutMs);
      for (let next = after; ; ) {
        for (const event of events.slice(next)) {
          const found = select(event);
          if (found !== undefined) return found;
          if (event.event === "failed") throw inVain(what, "a command failed");
        }
        next = events.length;
        if (ended !== undefined) throw inVain(what, ended);
        await once(changes, "change", { signal }).catch(() => {
          throw inVain(what, `${timeoutMs} ms have passed`);
        });
      }
    },
  };
}

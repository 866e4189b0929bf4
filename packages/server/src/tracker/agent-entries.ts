import type { InstanceUid } from "@opamp/protocol";
import { AgentEntry } from "./agent-entry.ts";
import type { TrackedAgent } from "./tracked-agent.ts";

/** The agents in memory: by their uids, and by those that they were told to take. */
export class AgentEntries {
  readonly #maxAgents: number;
  readonly #entries = new Map<InstanceUid, AgentEntry>();
  readonly #successors = new Map<InstanceUid, AgentEntry>();
  /** In the order in which they went. */
  readonly #gone = new Set<AgentEntry>();

  constructor(maxAgents: number) {
    this.#maxAgents = maxAgents;
  }

  /** Whether there is room for one more, be it in place of one that is gone. */
  get hasRoom(): boolean {
    return this.#entries.size < this.#maxAgents || this.#gone.size > 0;
  }

  /** Forgets the agent that is gone longest when there is no room for one more. */
  makeRoom(): AgentEntry | undefined {
    const [first] = this.#gone;
    if (first === undefined || this.#entries.size < this.#maxAgents) return undefined;
    this.#gone.delete(first);
    this.#entries.delete(first.known.uid);
    if (first.known.successor !== undefined) this.#successors.delete(first.known.successor);
    return first;
  }

  find(uid: InstanceUid): AgentEntry | undefined {
    return this.#entries.get(uid) ?? this.#successors.get(uid);
  }

  values(): Iterable<AgentEntry> {
    return this.#entries.values();
  }

  add(known: TrackedAgent): AgentEntry {
    const entry = new AgentEntry(known);
    this.#enter(entry);
    return entry;
  }

  /** Puts what is known now in the place of what was. */
  update(entry: AgentEntry, known: TrackedAgent): void {
    const { uid, successor, presence } = entry.known;
    entry.known = known;
    if (uid === known.uid && successor === known.successor && presence === known.presence) return;
    if (uid !== known.uid) this.#entries.delete(uid);
    if (successor !== undefined) this.#successors.delete(successor);
    this.#enter(entry);
  }

  #enter(entry: AgentEntry): void {
    const { uid, successor, presence } = entry.known;
    this.#entries.set(uid, entry);
    if (successor !== undefined) this.#successors.set(successor, entry);
    this.#gone.delete(entry);
    if (presence === "gone") this.#gone.add(entry);
  }
}

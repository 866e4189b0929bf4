import { describeThrown, type InstanceUid } from "@opamp/protocol";
import type { Connection } from "../connection.ts";
import { createDeadlines, type Deadlines } from "../deadlines.ts";
import { CallbackGuard } from "../observe/callback-guard.ts";
import { AgentEntries } from "./agent-entries.ts";
import type { AgentEntry } from "./agent-entry.ts";
import { isWorthSaving } from "./agent-store.ts";
import { ComponentCache } from "./component-cache.ts";
import type { Desired } from "./desired.ts";
import { KeyedQueue } from "./keyed-queue.ts";
import { presenceInSilence, withPresence } from "./presence.ts";
import type { ResolvedTrackerSettings } from "./resolve-tracker-settings.ts";
import type { AnswerContext, Arrival } from "./track-context.ts";
import type { Tracked } from "./tracked.ts";
import type { TrackedAgent } from "./tracked-agent.ts";
import type { TrackerEvent } from "./tracker-event.ts";
import { countByPresence, type TrackerStats } from "./tracker-stats.ts";

const nothing: Desired = {};

/** The agents of a tracker: in memory, in the store, and in the order of what happens to each. */
export class AgentRegistry {
  readonly settings: ResolvedTrackerSettings;
  readonly entries: AgentEntries;
  readonly components: ComponentCache = new ComponentCache();
  readonly queue: KeyedQueue<InstanceUid> = new KeyedQueue();
  readonly #guard: CallbackGuard<"onEvent">;
  readonly #silences: Deadlines<AgentEntry>;
  /** Connections are numbered anew with each process; what is stored must not match by chance. */
  readonly #process: string = crypto.randomUUID();
  /** One text for all that poll. */
  readonly #httpLink: string = `${this.#process}/http`;

  constructor(settings: ResolvedTrackerSettings) {
    const { clock, logger, silence, maxAgents } = settings;
    this.settings = settings;
    this.entries = new AgentEntries(maxAgents);
    this.#guard = new CallbackGuard(logger, { onEvent: 0 });
    this.#silences = createDeadlines<AgentEntry>({
      clock,
      delayMs: silence.intervalMs * silence.missed,
      expire: (entry) => this.#runLater(entry, () => this.#giveUp(entry)),
    });
  }

  stats(): TrackerStats {
    const agents = countByPresence(this.entries.values());
    return { agents, callbackFailures: { ...this.#guard.failures } };
  }

  /** What an answer on the connection depends on. */
  contextOn({ transport, id }: Pick<Connection, "transport" | "id">): AnswerContext {
    return this.context(
      transport,
      transport === "http" ? this.#httpLink : `${this.#process}/${id}`,
    );
  }

  context(transport: Arrival["transport"], link: string, restartDue = false): AnswerContext {
    const { clock, duplicates } = this.settings;
    const nowMs = clock.now();
    const wantsComponents = this.#wantsComponents;
    return { nowMs, transport, link, duplicates, wantsComponents, restartDue };
  }

  readonly #wantsComponents = (hash: Uint8Array): boolean =>
    this.settings.wantComponents && this.components.wants(hash, this.settings.clock.now());

  /** What an agent should have: asked of the application. */
  async askDesired(known: TrackedAgent): Promise<Desired> {
    return (await this.settings.desired?.(known)) ?? nothing;
  }

  /** Takes over what is known now and tells what is new. Rejects when it cannot be stored. */
  async commit(
    entry: AgentEntry | undefined,
    tracked: Tracked,
    before: TrackedAgent | undefined,
  ): Promise<AgentEntry> {
    const { known } = tracked;
    const isSaved = isWorthSaving(before, tracked);
    if (isSaved) await this.#save(known, before);
    const kept = entry ?? (await this.#add(known));
    this.keep(kept, known);
    if (isSaved) kept.saved = known;
    this.#noteComponentsRequest(before, known);
    await this.publish(known, tracked.events);
    return kept;
  }

  /** Takes over what is known now, which is not worth storing. */
  keep(entry: AgentEntry, known: TrackedAgent): void {
    this.entries.update(entry, known);
    if (presenceInSilence(known, this.settings.silence) === undefined) this.#silences.stop(entry);
    else this.#silences.start(entry);
  }

  /** A heartbeat came: if silence is watched, it begins anew. */
  heard(entry: AgentEntry): void {
    if (this.#silences.has(entry)) this.#silences.start(entry);
  }

  /** Whether time alone may bring the question for the map of an agent's components. */
  mayAskForComponents({ hasComponents }: AgentEntry): boolean {
    return this.settings.wantComponents && hasComponents;
  }

  async publish(known: TrackedAgent, events: readonly TrackerEvent[]): Promise<void> {
    const { onEvent } = this.settings;
    for (const event of events) {
      if (event.type === "components-reported") this.components.add(event.components);
      await this.#guard.notify("onEvent", undefined, () => onEvent?.(event, known));
    }
  }

  /** Takes note of a closed connection; its agents are gone. */
  disconnected(connection: Connection): void {
    for (const uid of connection.instanceUids) {
      const entry = this.entries.find(uid);
      if (entry?.connection !== connection) continue;
      this.#runLater(entry, async () => {
        if (entry.connection !== connection) return;
        entry.connection = undefined;
        await this.#commitPresence(entry, "gone");
      });
    }
  }

  /** Waits for what is under way, and stores what is not. */
  async close(): Promise<void> {
    this.#silences.clear();
    await this.queue.idle();
    for (const entry of this.entries.values()) {
      if (entry.saved === entry.known) continue;
      await this.settings.store?.save(entry.known);
      entry.saved = entry.known;
    }
  }

  async #add(known: TrackedAgent): Promise<AgentEntry> {
    const forgotten = this.entries.makeRoom();
    const entry = this.entries.add(known);
    if (forgotten !== undefined) {
      const { uid } = forgotten.known;
      await this.publish(forgotten.known, [{ type: "agent-forgotten", uid }]);
    }
    return entry;
  }

  async #giveUp(entry: AgentEntry): Promise<void> {
    const presence = presenceInSilence(entry.known, this.settings.silence);
    if (presence === undefined || this.#silences.has(entry)) return;
    await this.#commitPresence(entry, presence);
  }

  async #commitPresence(entry: AgentEntry, presence: TrackedAgent["presence"]): Promise<void> {
    const changed = withPresence(entry.known, presence);
    await this.commit(entry, { ...changed, answer: {} }, entry.known);
  }

  async #save(known: TrackedAgent, before: TrackedAgent | undefined): Promise<void> {
    const { store } = this.settings;
    await store?.save(known);
    if (before !== undefined && before.uid !== known.uid) await store?.delete(before.uid);
  }

  #noteComponentsRequest(
    before: TrackedAgent | undefined,
    { componentsRequest }: TrackedAgent,
  ): void {
    if (componentsRequest === undefined || componentsRequest === before?.componentsRequest) return;
    this.components.asked(componentsRequest.hash, componentsRequest.atMs);
  }

  /** For what no message waits for. */
  #runLater(entry: AgentEntry, task: () => Promise<void>): void {
    this.queue.run(entry.known.uid, task).catch((thrown: unknown) => {
      const { uid } = entry.known;
      this.settings.logger.error(`agent ${uid} was not stored: ${describeThrown(thrown)}`);
    });
  }
}

import {
  type AgentToServer,
  type InstanceUid,
  ServerErrorResponseType,
  type ServerToAgentInit,
} from "@opamp/protocol";
import { errorAnswer } from "../answer.ts";
import type { Connection } from "../connection.ts";
import type { AgentEntry } from "./agent-entry.ts";
import type { AgentRegistry } from "./agent-registry.ts";
import { isWorthSaving } from "./agent-store.ts";
import { turnAway } from "./assign-uid.ts";
import { combineAnswers } from "./combine-answers.ts";
import { type Heard, hear } from "./hear.ts";
import { withOwnOffer } from "./own-offer.ts";
import { respond } from "./respond.ts";
import { holderOf, Rivals } from "./rivals.ts";
import { track } from "./track.ts";
import type { AnswerContext } from "./track-context.ts";
import type { Tracked } from "./tracked.ts";
import type { TrackedAgent } from "./tracked-agent.ts";
import type { TrackerEvent } from "./tracker-event.ts";
import { takenOver, undelivered } from "./undelivered.ts";

type Answer = ServerToAgentInit | Promise<ServerToAgentInit>;

/** Takes the messages of agents, those of one agent in their order, and answers them. */
export class MessageIntake {
  readonly #registry: AgentRegistry;
  readonly #rivals: Rivals;
  /** The uids that second agents were told to take, by the one they use. */
  readonly #turnedAway = new WeakMap<Connection, Map<InstanceUid, ServerToAgentInit>>();

  constructor(registry: AgentRegistry) {
    const { probeMs, logger } = registry.settings;
    this.#registry = registry;
    this.#rivals = new Rivals(probeMs, logger);
  }

  take(incoming: Incoming): Answer {
    return (
      this.#takeHeartbeat(incoming) ?? this.#takeRoutine(incoming) ?? this.#takeOther(incoming)
    );
  }

  /** Nearly all messages: there is nothing to decide, and nothing to say. */
  #takeHeartbeat({ uid, connection, message }: Incoming): Answer | undefined {
    const { entries, queue, settings } = this.#registry;
    const entry = entries.find(uid);
    if (entry === undefined || entry.connection !== connection) return undefined;
    if (!queue.isIdle(entry.uid) || this.#registry.mayAskForComponents(entry)) return undefined;
    if (!entry.takeHeartbeat(message, settings.clock.now())) return undefined;
    this.#registry.heard(entry);
    if (settings.onMessage === undefined) return nothing;
    return this.#withExtra(entry, { connection, message, answer: nothing });
  }

  /** Most other messages say nothing new: they are answered at once. */
  #takeRoutine({ uid, connection, message }: Incoming): Answer | undefined {
    const { entries, queue, settings } = this.#registry;
    const entry = entries.find(uid);
    if (entry?.desired === undefined || entry.restartDue) return undefined;
    if (holderOf(entry, connection) !== undefined || !queue.isIdle(entry.known.uid)) {
      return undefined;
    }
    const context = { ...this.#registry.contextOn(connection), desired: entry.desired };
    const tracked = track(entry.known, message, context);
    if (isWorthSaving(entry.known, tracked)) return undefined;
    this.#registry.keep(entry, tracked.known);
    entry.connection = connection.transport === "http" ? undefined : connection;
    if (settings.onMessage === undefined) return tracked.answer;
    return this.#withExtra(entry, { connection, message, answer: tracked.answer });
  }

  async #takeOther(incoming: Incoming): Promise<ServerToAgentInit> {
    const { uid, connection } = incoming;
    const { entries, queue } = this.#registry;
    for (let dead: Connection | undefined; ; ) {
      const entry = entries.find(uid);
      const holder = holderOf(entry, connection);
      if (entry !== undefined && holder !== undefined && holder !== dead) {
        const isAlive = await this.#rivals.isAlive(holder);
        const isRival = isAlive && entry.connection === holder;
        if (isRival) return this.#turnAway(entry, incoming);
        dead = holder;
      }
      const key = entries.find(uid)?.known.uid ?? uid;
      const answer = await queue.run(key, () => this.#takeInTurn(incoming, dead));
      if (answer !== undefined) return answer;
    }
  }

  /** Undefined when the agent has turned up on another connection than the dead one meanwhile. */
  async #takeInTurn(
    { uid, connection, message }: Incoming,
    dead: Connection | undefined,
  ): Promise<ServerToAgentInit | undefined> {
    const { entries } = this.#registry;
    const found = entries.find(uid);
    const holder = holderOf(found, connection);
    if (holder !== undefined && holder !== dead) return undefined;
    if (found === undefined && !entries.hasRoom) return tooManyAgents;
    const before = found?.known ?? (await this.#load(uid));
    const context: AnswerContext = {
      ...this.#registry.contextOn(connection),
      restartDue: found?.restartDue ?? false,
    };
    const heard = hear(before, message, context);
    const { entry, tracked } = await this.#answer(heard, { found, before, context });
    entry.restartDue &&= tracked.answer.command === undefined;
    this.#connect(entry, connection);
    return this.#withExtra(entry, { connection, message, answer: tracked.answer });
  }

  async #load(uid: InstanceUid): Promise<TrackedAgent | undefined> {
    const stored = await this.#registry.settings.store?.load(uid);
    return stored ? takenOver(stored) : undefined;
  }

  /**
   * Takes over what was heard and what is answered. The application hears what is new before it is
   * asked what such an agent should have.
   */
  async #answer(heard: Heard, { found, before, context }: Circumstances): Promise<Answered> {
    const { known, events } = heard;
    const isAnother = events.some(({ type }) => decidesDesired.has(type));
    if (found?.desired !== undefined && !isAnother) {
      const tracked = respond(heard, found.desired, context);
      return { tracked, entry: await this.#registry.commit(found, tracked, before) };
    }
    const entry = await this.#registry.commit(found, { known, answer: {}, events }, before);
    entry.desired = await this.#registry.askDesired(known);
    const tracked = respond({ ...heard, events: [] }, entry.desired, context);
    return { tracked, entry: await this.#registry.commit(entry, tracked, known) };
  }

  #connect(entry: AgentEntry, connection: Connection): void {
    const left = entry.connection;
    const isHere = connection.transport === "websocket" && entry.known.presence !== "gone";
    entry.connection = isHere ? connection : undefined;
    // What comes over HTTP proves nothing about a WebSocket.
    if (connection.transport === "http" || left === undefined || left === connection) return;
    this.#rivals.supersede(left);
  }

  async #turnAway(
    entry: AgentEntry,
    { connection, message }: Incoming,
  ): Promise<ServerToAgentInit> {
    if (message.agentDisconnect !== undefined) return {};
    const { uid } = entry.known;
    const answers = this.#turnedAway.get(connection) ?? new Map<InstanceUid, ServerToAgentInit>();
    const known = answers.get(uid);
    if (known !== undefined) return known;
    const { answer, events } = turnAway(entry.known, this.#registry.contextOn(connection));
    this.#turnedAway.set(connection, answers.set(uid, answer));
    const found: TrackerEvent = { type: "duplicate-uid", uid, seenBy: "connections" };
    await this.#registry.publish(entry.known, [found, ...events]);
    return answer;
  }

  async #withExtra(entry: AgentEntry, taken: Taken): Promise<ServerToAgentInit> {
    const { connection, message, answer } = taken;
    try {
      const extra = await this.#registry.settings.onMessage?.(entry.known, message, connection);
      const combined = combineAnswers(answer, extra ?? {});
      this.#registry.keep(entry, undelivered(entry.known, combined.leftOut));
      if (extra?.connectionSettings) this.#takeOver(entry, connection, extra);
      return addressed(message, combined.answer);
    } catch (thrown) {
      // An error goes alone.
      this.#registry.keep(entry, undelivered(entry.known, answer));
      throw thrown;
    }
  }

  /** What the application has offered by itself, `desired` may have to say from now on. */
  #takeOver(entry: AgentEntry, connection: Connection, extra: ServerToAgentInit): void {
    const context = this.#registry.contextOn(connection);
    this.#registry.keep(entry, withOwnOffer(entry.known, extra, context));
    entry.desired = undefined;
  }
}

const nothing: ServerToAgentInit = {};

/** A message, and under which uid and where it came. */
export interface Incoming {
  readonly uid: InstanceUid;
  readonly connection: Connection;
  readonly message: AgentToServer;
}

interface Circumstances {
  readonly found: AgentEntry | undefined;
  readonly before: TrackedAgent | undefined;
  readonly context: AnswerContext;
}

interface Answered {
  readonly tracked: Tracked;
  readonly entry: AgentEntry;
}

interface Taken extends Omit<Incoming, "uid"> {
  readonly answer: ServerToAgentInit;
}

const decidesDesired: ReadonlySet<TrackerEvent["type"]> = new Set<TrackerEvent["type"]>([
  "agent-appeared",
  "capabilities-changed",
  "description-changed",
  "uid-changed",
]);

/** An answer that says something names its agent, so that it can be told again if it gets lost. */
function addressed({ instanceUid }: AgentToServer, answer: ServerToAgentInit): ServerToAgentInit {
  for (const _ in answer) return { instanceUid, ...answer };
  return answer;
}

const tooManyAgents = errorAnswer(
  ServerErrorResponseType.Unavailable,
  "the server keeps track of as many agents as it may",
);

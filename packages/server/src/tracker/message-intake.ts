import {
  type AgentToServer,
  type InstanceUid,
  instanceUidFromBytes,
  ServerErrorResponseType,
  type ServerToAgentInit,
} from "@opamp/protocol";
import { errorAnswer } from "../answer.ts";
import type { Connection } from "../connection.ts";
import type { AgentEntry } from "./agent-entries.ts";
import type { AgentRegistry } from "./agent-registry.ts";
import { isWorthSaving } from "./agent-store.ts";
import { turnAway } from "./assign-uid.ts";
import { combineAnswers } from "./combine-answers.ts";
import type { Desired } from "./desired.ts";
import { type Heard, hear } from "./hear.ts";
import { respond } from "./respond.ts";
import { isContested, Rivals } from "./rivals.ts";
import { track } from "./track.ts";
import type { AnswerContext } from "./track-context.ts";
import type { TrackerEvent } from "./tracker-event.ts";
import { undelivered } from "./undelivered.ts";

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

  take(connection: Connection, message: AgentToServer): Answer {
    const uid = instanceUidFromBytes(message.instanceUid);
    return this.#takeRoutine(uid, connection, message) ?? this.#takeOther(uid, connection, message);
  }

  /** Most messages say nothing new: they are answered at once. */
  #takeRoutine(
    uid: InstanceUid,
    connection: Connection,
    message: AgentToServer,
  ): Answer | undefined {
    const entry = this.#registry.entries.find(uid);
    if (entry?.desired === undefined || entry.restartDue) return undefined;
    if (isContested(entry, connection) || !this.#registry.queue.isIdle(entry.known.uid)) {
      return undefined;
    }
    const context = { ...this.#registry.contextOn(connection), desired: entry.desired };
    const tracked = track(entry.known, message, context);
    if (isWorthSaving(entry.known, tracked)) return undefined;
    this.#registry.keep(entry, tracked.known);
    entry.connection = connection.transport === "http" ? undefined : connection;
    if (this.#registry.settings.onMessage === undefined) return tracked.answer;
    return this.#withExtra(entry, { connection, message, answer: tracked.answer });
  }

  async #takeOther(
    uid: InstanceUid,
    connection: Connection,
    message: AgentToServer,
  ): Promise<ServerToAgentInit> {
    const rival = this.#registry.entries.find(uid);
    if (rival !== undefined && (await this.#rivals.isRival(rival, connection, message))) {
      return this.#turnAway(rival, connection);
    }
    const key = this.#registry.entries.find(uid)?.known.uid ?? uid;
    return this.#registry.queue.run(key, () => this.#takeInTurn(uid, connection, message));
  }

  async #takeInTurn(
    uid: InstanceUid,
    connection: Connection,
    message: AgentToServer,
  ): Promise<ServerToAgentInit> {
    const { entries, settings } = this.#registry;
    const found = entries.find(uid);
    if (found === undefined && !entries.hasRoom) return tooManyAgents;
    const before = found?.known ?? (await settings.store?.load(uid));
    const context: AnswerContext = {
      ...this.#registry.contextOn(connection),
      restartDue: found?.restartDue ?? false,
    };
    const heard = hear(before, message, context);
    const desired = await this.#desiredBy(heard, found);
    const tracked = respond(heard, desired, context);
    const entry = await this.#registry.commit(found, tracked, before);
    entry.desired = desired;
    entry.restartDue &&= tracked.answer.command === undefined;
    this.#connect(entry, connection);
    return this.#withExtra(entry, { connection, message, answer: tracked.answer });
  }

  /** What the agent should have: asked again when it is another than before. */
  async #desiredBy(heard: Heard, entry: AgentEntry | undefined): Promise<Desired> {
    const isAnother = heard.events.some(({ type }) => decidesDesired.has(type));
    if (entry?.desired !== undefined && !isAnother) return entry.desired;
    return this.#registry.askDesired(heard.known);
  }

  #connect(entry: AgentEntry, connection: Connection): void {
    const left = entry.connection;
    const isHere = connection.transport === "websocket" && entry.known.presence !== "gone";
    entry.connection = isHere ? connection : undefined;
    if (left !== undefined && left !== connection) this.#rivals.supersede(left);
  }

  async #turnAway(entry: AgentEntry, connection: Connection): Promise<ServerToAgentInit> {
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
      return addressed(message, combined.answer);
    } catch (thrown) {
      // An error goes alone.
      this.#registry.keep(entry, undelivered(entry.known, answer));
      throw thrown;
    }
  }
}

interface Taken {
  readonly connection: Connection;
  readonly message: AgentToServer;
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

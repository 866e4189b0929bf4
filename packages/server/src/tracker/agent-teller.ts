import {
  bytesFromInstanceUid,
  describeThrown,
  type InstanceUid,
  type ServerToAgentInit,
} from "@opamp/protocol";
import type { Connection } from "../connection.ts";
import type { AgentEntry } from "./agent-entry.ts";
import type { AgentRegistry } from "./agent-registry.ts";
import type { RefreshOptions, TellOutcome } from "./agent-tracker.ts";
import { prompt } from "./respond.ts";
import { can, type TrackedAgent } from "./tracked-agent.ts";
import { undelivered, withoutFailures } from "./undelivered.ts";

/** How many agents `refreshAll` asks about at once. */
const AT_ONCE = 100;

/** A message for an agent that is connected. */
interface Push {
  readonly connection: Connection;
  readonly message: ServerToAgentInit;
}

/** What goes on at this moment: one message to an agent at a time (S-129). */
interface Telling {
  readonly done: Promise<TellOutcome>;
  again: boolean;
}

/** Tells agents what no message of theirs asked for. */
export class AgentTeller {
  readonly #registry: AgentRegistry;
  readonly #telling = new Map<AgentEntry, Telling>();

  constructor(registry: AgentRegistry) {
    this.#registry = registry;
  }

  async refresh(uid: InstanceUid, { retryFailed = false }: RefreshOptions): Promise<TellOutcome> {
    const entry = this.#registry.entries.find(uid);
    if (entry === undefined) return "unknown-agent";
    entry.desired = undefined;
    if (retryFailed) {
      await this.#change(entry, () => withoutFailures(entry.known));
    }
    return this.#tell(entry);
  }

  /** The same for all agents, some at a time. */
  async refreshAll(options: RefreshOptions): Promise<void> {
    const uids = Array.from(this.#registry.entries.values(), ({ known }) => known.uid);
    for (let start = 0; start < uids.length; start += AT_ONCE) {
      const some = uids.slice(start, start + AT_ONCE);
      await Promise.all(some.map((uid) => this.refresh(uid, options)));
    }
  }

  async restart(uid: InstanceUid): Promise<TellOutcome> {
    const entry = this.#registry.entries.find(uid);
    if (entry === undefined) return "unknown-agent";
    if (!can(entry.known, "AcceptsRestartCommand")) return "not-supported";
    entry.restartDue = true;
    return this.#tell(entry);
  }

  /** A message did not reach its agent. */
  async notDelivered(entry: AgentEntry, message: ServerToAgentInit): Promise<void> {
    entry.restartDue ||= message.command !== undefined;
    await this.#change(entry, () => undelivered(entry.known, message));
  }

  async #change(entry: AgentEntry, change: () => TrackedAgent): Promise<void> {
    await this.#registry.queue.run(entry.known.uid, async () => {
      const tracked = { known: change(), answer: {}, events: [] };
      await this.#registry.commit(entry, tracked, entry.known);
    });
  }

  /** Whoever comes while the agent is being told waits for one more round. */
  #tell(entry: AgentEntry): Promise<TellOutcome> {
    const running = this.#telling.get(entry);
    if (running !== undefined) {
      running.again = true;
      return running.done;
    }
    const telling: Telling = { done: this.#tellUntilDone(entry), again: false };
    this.#telling.set(entry, telling);
    return telling.done;
  }

  async #tellUntilDone(entry: AgentEntry): Promise<TellOutcome> {
    try {
      let outcome = await this.#tellOnce(entry);
      for (let more = this.#takeAgain(entry); more; more = this.#takeAgain(entry)) {
        const next = await this.#tellOnce(entry);
        if (next !== "unchanged") outcome = next;
      }
      return outcome;
    } finally {
      this.#telling.delete(entry);
    }
  }

  #takeAgain(entry: AgentEntry): boolean {
    const telling = this.#telling.get(entry);
    if (telling?.again !== true) return false;
    telling.again = false;
    return true;
  }

  async #tellOnce(entry: AgentEntry): Promise<TellOutcome> {
    const push = await this.#registry.queue.run(entry.known.uid, () => this.#prepare(entry));
    if (typeof push === "string") return push;
    const { connection, message } = push;
    try {
      const instanceUid = bytesFromInstanceUid(entry.known.uid);
      await connection.send({ instanceUid, ...message });
      return "sent";
    } catch (thrown) {
      const why = describeThrown(thrown);
      this.#registry.settings.logger.debug(`agent ${entry.known.uid} was not told: ${why}`);
      await this.notDelivered(entry, message);
      return "waiting";
    }
  }

  async #prepare(entry: AgentEntry): Promise<Push | TellOutcome> {
    const { known, connection, restartDue } = entry;
    const desired = await this.#registry.askDesired(known);
    const context = this.#registry.context("websocket", known.link, restartDue);
    const tracked = prompt(known, desired, context);
    entry.desired = desired;
    if (tracked.events.length === 0) return "unchanged";
    if (connection === undefined) return "waiting";
    await this.#registry.commit(entry, tracked, known);
    entry.restartDue &&= tracked.answer.command === undefined;
    return { connection, message: tracked.answer };
  }
}

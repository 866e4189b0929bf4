import { OpAMPError } from "@opamp/protocol";
import { type Draft, isTooLargeForServer } from "./draft.ts";
import type { Occasion, Outbox } from "./outbox.ts";
import type { Session } from "./transport/transport.ts";

export interface PumpOptions {
  readonly outbox: Outbox;
  /** Makes and sends one message when it is this agent's turn. */
  readonly inTurn: <T>(act: () => Promise<T>) => Promise<T>;
  /** A message has been handed to the session. */
  readonly onSent: (bytes: Uint8Array) => void;
  /** The server turned a message down for its size (C-21). */
  readonly onDropped: (error: OpAMPError) => void;
}

/** Moves messages from the outbox to the session, one at a time (C-15). */
export class Pump {
  readonly #options: PumpOptions;
  #session: Session | undefined;
  #occasion: Occasion = "due";
  /** Woken since the loop last looked. */
  #woken = false;
  /** The loop that empties the outbox, while it runs. */
  #running: Promise<void> | undefined;
  #draft: Draft | undefined;
  /** Those that were written, and of which somebody waits to hear that the peer has them. */
  readonly #unreceived = new Set<Draft>();

  constructor(options: PumpOptions) {
    this.#options = options;
  }

  /** Resolves when nothing more is due, or nothing more can be sent. */
  async allSent(): Promise<void> {
    await this.#running;
  }

  /** Whether there is a session to send on. */
  get isOpen(): boolean {
    return this.#session !== undefined;
  }

  /** Takes up a new session: a status report comes first (C-44). */
  start(session: Session): void {
    this.#session = session;
    this.wake("report");
  }

  /** Sends no more, not even what is due. */
  stop(): void {
    this.#session = undefined;
    this.#occasion = "due";
  }

  /** Something may be due. What is set in the same turn leaves in one message. */
  wake(occasion: Occasion = "due"): void {
    if (this.#session === undefined) return;
    if (occasion !== "due") this.#occasion = occasion;
    this.#woken = true;
    this.#running ??= this.#run();
  }

  /** The answer to the message under way says that it was not processed. */
  answeredWith(error: OpAMPError): void {
    this.#draft?.answeredWith(error);
  }

  /** The server refused one of the messages that it has read, for now: which one is not known (L-08). */
  throttledWith(error: OpAMPError): void {
    for (const draft of this.#unreceived) draft.answeredWith(error);
  }

  /** Sends the last message of a session, after the one under way (C-235, C-237). */
  async sayGoodbye(session: Session, signal: AbortSignal): Promise<void> {
    this.stop();
    await this.#running;
    await this.#options.inTurn(async () => {
      if (signal.aborted) return;
      const draft = this.#options.outbox.next("goodbye");
      if (draft !== undefined) await this.#send(session, draft);
    });
  }

  async #run(): Promise<void> {
    await Promise.resolve();
    while (this.#woken) {
      this.#woken = false;
      while (await this.#options.inTurn(() => this.#sendNext()));
    }
    this.#running = undefined;
  }

  async #sendNext(): Promise<boolean> {
    const session = this.#session;
    if (session === undefined) return false;
    const draft = this.#options.outbox.next(this.#occasion);
    this.#occasion = "due";
    if (draft === undefined) return false;
    return this.#send(session, draft);
  }

  /** Resolves with whether the session can send more; one that cannot ends by itself. */
  async #send(session: Session, draft: Draft): Promise<boolean> {
    this.#draft = draft;
    try {
      this.#options.onSent(draft.bytes);
      await session.send(draft.bytes);
      draft.written();
      if (draft.wantsReceipt) void this.#awaitReceipt(session, draft);
      return true;
    } catch (thrown) {
      const error = OpAMPError.from(thrown, "connection-lost", "sending failed");
      draft.failed(error);
      if (!isTooLargeForServer(error)) return false;
      this.#options.onDropped(error);
      return true;
    } finally {
      this.#draft = undefined;
    }
  }

  /** Beside the messages that follow, which need not wait for it. */
  async #awaitReceipt(session: Session, draft: Draft): Promise<void> {
    this.#unreceived.add(draft);
    const isReceived = await session.received().then(
      () => true,
      () => false,
    );
    this.#unreceived.delete(draft);
    if (isReceived) draft.received();
    else draft.lost();
  }
}

import { OpAMPError } from "@opamp/protocol";
import type { Deadlines } from "../deadlines.ts";
import type { Socket, Writer } from "./socket.ts";

/** A message on its way out. */
interface Outgoing {
  readonly message: Uint8Array;
  readonly resolve: () => void;
  readonly reject: (error: OpAMPError) => void;
}

export interface SendQueueLimits {
  readonly maxQueuedMessages: number;
  readonly maxQueuedBytes: number;
}

/** What waits to be written to one WebSocket: first in, first out, one write at a time, bounded (L-30). */
export class SendQueue<Owner> implements Writer {
  readonly #owner: Owner;
  readonly #socket: Socket;
  readonly #writes: Deadlines<Owner>;
  #waiting: Outgoing[] = [];
  #waitingBytes = 0;
  #writing: Outgoing | undefined;
  #closed = false;
  #last: Promise<void> | undefined;

  /** @param writes holds the owner while a message is being written. */
  constructor(owner: Owner, socket: Socket, writes: Deadlines<Owner>) {
    this.#owner = owner;
    this.#socket = socket;
    this.#writes = writes;
  }

  /** How many messages are not written yet. */
  get length(): number {
    return this.#waiting.length + (this.#writing === undefined ? 0 : 1);
  }

  /** How many bytes are not written yet. */
  get bytes(): number {
    return this.#waitingBytes + (this.#writing?.message.length ?? 0);
  }

  /** Whether a message of so many bytes may wait here. An idle queue takes any message. */
  hasRoomFor(bytes: number, limits: SendQueueLimits): boolean {
    if (this.#writing === undefined) return true;
    return (
      this.#waiting.length < limits.maxQueuedMessages &&
      this.#waitingBytes + bytes <= limits.maxQueuedBytes
    );
  }

  /**
   * Undefined when the message is written at once, as nearly all are; else resolves when it was.
   * Rejects with `connection-lost`, or what the queue is closed with.
   */
  push(message: Uint8Array): Promise<void> | undefined {
    if (this.#closed) return Promise.reject(connectionLost());
    const isIdle = this.#writing === undefined;
    if (isIdle && this.#socket.write(message, this)) return undefined;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const outgoing = { message, resolve, reject };
    if (isIdle) this.#await(outgoing);
    else this.#enqueue(outgoing);
    this.#last = promise;
    return promise;
  }

  /** The same for an answer, which nobody waits for: it may be written together with others. */
  pushAnswer(message: Uint8Array): Promise<void> | undefined {
    const isIdle = !this.#closed && this.#writing === undefined;
    return isIdle && this.#socket.writeSoon(message) ? undefined : this.push(message);
  }

  /** Resolves when all that was pushed so far is written or given up. */
  async flushed(): Promise<void> {
    await Promise.allSettled([this.#last]);
  }

  /** Gives up what waits and what is being written. */
  close(error: OpAMPError): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#writes.stop(this.#owner);
    this.#writing?.reject(error);
    this.#writing = undefined;
    for (const { reject } of this.#waiting) reject(error);
    this.#waiting = [];
    this.#waitingBytes = 0;
  }

  /** Called by the socket. */
  written(error?: Error | null): void {
    if (this.#closed) return;
    if (error) this.#writing?.reject(connectionLost(error));
    else this.#writing?.resolve();
    this.#writeNext();
  }

  /** Its time runs. */
  #await(outgoing: Outgoing): void {
    this.#writing = outgoing;
    this.#writes.start(this.#owner);
  }

  #enqueue(outgoing: Outgoing): void {
    this.#waiting.push(outgoing);
    this.#waitingBytes += outgoing.message.length;
  }

  #writeNext(): void {
    this.#writing = undefined;
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      this.#waitingBytes -= next.message.length;
      if (!this.#socket.write(next.message, this)) return this.#await(next);
      next.resolve();
    }
    this.#writes.stop(this.#owner);
  }
}

function connectionLost(cause?: Error): OpAMPError {
  return new OpAMPError("connection-lost", "the connection ended before the message was written", {
    cause,
  });
}

import { exponentialBackoff } from "@opamp/client";
import type { TelemetryConnection } from "@opamp/client/internal";
import { type Clock, OpAMPError, type Random } from "@opamp/protocol";
import type { DeliveryLog } from "./delivery-log.ts";
import type { TelemetrySdk } from "./telemetry-sdk.ts";

export interface OutletOptions {
  readonly connection: TelemetryConnection;
  readonly sdk: Pick<TelemetrySdk, "api" | "core">;
  readonly log: DeliveryLog;
  readonly clock: Clock;
  readonly random: Random;
}

const CONTENT_TYPE = "application/x-protobuf";
const MAX_UNDER_WAY = 8;
const MAX_ATTEMPTS = 5;
/** How long one request is tried; what comes meanwhile waits in the queue of its signal. */
const DELIVERY_MS = 25_000;

/** Those that OTLP over HTTP calls temporary. */
const RETRYABLE_STATUSES: readonly number[] = [429, 502, 503, 504];

const backoff = exponentialBackoff({ initialMs: 1000, maxMs: 5000 });

/** The way to one destination, with retries. What cannot be brought there is dropped, and told. */
export class Outlet {
  readonly #options: OutletOptions;
  readonly #closing = new AbortController();
  readonly #underWay = new Set<Promise<void>>();

  constructor(options: OutletOptions) {
    this.#options = options;
  }

  /** Never rejects. */
  async send(make: () => Body | Promise<Body>): Promise<void> {
    if (this.#closing.signal.aborted) return;
    const sending = this.#isFull ? this.#drop() : this.#send(make);
    this.#underWay.add(sending);
    await sending;
    this.#underWay.delete(sending);
  }

  /** Waits for what is under way, until the deadline. */
  async close(deadline: Promise<void>): Promise<void> {
    await Promise.race([Promise.all(this.#underWay), deadline]);
    this.#closing.abort();
    this.#options.connection[Symbol.dispose]();
  }

  get #isFull(): boolean {
    return this.#underWay.size >= MAX_UNDER_WAY;
  }

  async #drop(): Promise<void> {
    const problem = `${MAX_UNDER_WAY} requests are under way`;
    this.#options.log.failed(new OpAMPError("queue-full", problem));
  }

  async #send(make: () => Body | Promise<Body>): Promise<void> {
    const { sdk, log } = this.#options;
    try {
      const body = await make();
      if (body === undefined) return;
      // A program that traces its requests must not trace these: that would never end.
      const quietly = sdk.core.suppressTracing(sdk.api.context.active());
      await sdk.api.context.with(quietly, () => this.#deliver(body));
      log.delivered();
    } catch (thrown) {
      if (this.#closing.signal.aborted) return;
      log.failed(OpAMPError.from(thrown, "invalid-argument", "it cannot be written"));
    }
  }

  async #deliver(body: Uint8Array): Promise<void> {
    const overdue = new AbortController();
    const timer = this.#options.clock.setTimer(() => overdue.abort(), DELIVERY_MS);
    const signal = AbortSignal.any([this.#closing.signal, overdue.signal]);
    try {
      await this.#attempt(body, signal);
    } finally {
      timer.cancel();
    }
  }

  async #attempt(body: Uint8Array, signal: AbortSignal): Promise<void> {
    const { connection, random } = this.#options;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await connection.post({ body, contentType: CONTENT_TYPE, signal });
      } catch (thrown) {
        if (signal.aborted || attempt === MAX_ATTEMPTS || !isTemporary(thrown)) throw thrown;
        const { retryAfterMs = 0 } = thrown;
        if (retryAfterMs > DELIVERY_MS) throw thrown;
        await this.#wait(Math.max(retryAfterMs, backoff.delayMs(attempt, random)), signal);
        if (signal.aborted) throw thrown;
      }
    }
  }

  async #wait(ms: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = this.#options.clock.setTimer(resolve, ms);
    const abort = (): void => resolve();
    signal.addEventListener("abort", abort, { once: true });
    await promise;
    timer.cancel();
    signal.removeEventListener("abort", abort);
  }
}

type Body = Uint8Array | undefined;

function isTemporary(thrown: unknown): thrown is OpAMPError {
  if (!(thrown instanceof OpAMPError)) return false;
  const { status, retryable } = thrown;
  return status === undefined ? retryable : RETRYABLE_STATUSES.includes(status);
}

import type { Clock, Timer } from "@opamp/protocol";
import type { WebSocket } from "ws";

export interface PingerOptions {
  readonly socket: WebSocket;
  readonly clock: Clock;
  /** Between pings; 0 sends none. */
  readonly intervalMs: number;
  readonly pongMs: number;
  /** Called when nothing was heard within `pongMs` of a ping. */
  readonly onSilence: () => void;
}

/** Notices a peer that went silent (L-19). */
export class WebSocketPinger {
  readonly #options: PingerOptions;
  #next: Timer | undefined;
  #deadline: Timer | undefined;

  constructor(options: PingerOptions) {
    this.#options = options;
    options.socket.on("pong", () => this.heard());
    if (options.intervalMs > 0) this.#schedule();
  }

  /** Whatever the peer sends shows that it lives. */
  heard(): void {
    this.#deadline?.cancel();
    this.#deadline = undefined;
  }

  stop(): void {
    this.#next?.cancel();
    this.heard();
  }

  #schedule(): void {
    const { socket, clock, intervalMs, pongMs, onSilence } = this.#options;
    this.#next = clock.setTimer(() => {
      socket.ping();
      this.#deadline ??= clock.setTimer(onSilence, pongMs);
      this.#schedule();
    }, intervalMs);
  }
}

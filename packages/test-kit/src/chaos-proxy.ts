import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import type { Random } from "@opamp/protocol";

/** What can happen to a connection (`refuse`) or to a piece of data, in either direction. */
export type Mishap = "refuse" | "cut" | "truncate" | "stall" | "delay";

export interface ChaosProxyOptions {
  readonly targetPort: number;
  /** Decides what happens; a seeded one makes the same decisions again. */
  readonly random: Random;
  /** How likely each mishap is, from 0 to 1. @default refuse 0.1, cut, truncate, stall 0.01, delay 0.1 */
  readonly chances?: Partial<Readonly<Record<Mishap, number>>>;
  /** How long a piece is delayed at most, in milliseconds. @default 50 */
  readonly maxDelayMs?: number;
  /** How long a direction stalls, in milliseconds. @default 3000 */
  readonly stallMs?: number;
}

/** A TCP proxy that spoils connections at random. */
export interface ChaosProxy extends AsyncDisposable {
  readonly port: number;
  /** How often each mishap has happened. */
  readonly mishaps: Readonly<Record<Mishap, number>>;
  /** Spoils nothing from now on, and lets flow what stalls. */
  calm(): void;
  close(): Promise<void>;
}

const defaultChances: Readonly<Record<Mishap, number>> = {
  refuse: 0.1,
  cut: 0.01,
  truncate: 0.01,
  stall: 0.01,
  delay: 0.1,
};

/** Starts a proxy on a free port of 127.0.0.1. */
export async function startChaosProxy(options: ChaosProxyOptions): Promise<ChaosProxy> {
  const link = new ChaosLink(options);
  await link.listen();
  return link;
}

class ChaosLink implements ChaosProxy {
  readonly mishaps: Record<Mishap, number> = { refuse: 0, cut: 0, truncate: 0, stall: 0, delay: 0 };
  readonly #options: ChaosProxyOptions;
  readonly #chances: Readonly<Record<Mishap, number>>;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #calm = new AbortController();

  constructor(options: ChaosProxyOptions) {
    this.#options = options;
    this.#chances = { ...defaultChances, ...options.chances };
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#accept(client));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  listen(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
  }

  calm(): void {
    this.#calm.abort();
  }

  async close(): Promise<void> {
    this.calm();
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #accept(client: Socket): void {
    this.#track(client);
    if (this.#happens("refuse")) return void client.resetAndDestroy();
    const port = this.#options.targetPort;
    const target = connect({ host: "127.0.0.1", port, allowHalfOpen: true, noDelay: true });
    this.#track(target);
    void this.#relay(client, target);
    void this.#relay(target, client);
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    socket.on("error", () => socket.destroy());
  }

  /** Passes one direction on until it ends or is spoilt; a broken half breaks the other. */
  async #relay(from: Socket, to: Socket): Promise<void> {
    try {
      for await (const piece of from) {
        if (!(await this.#pass(piece, to))) return;
      }
      to.end();
    } catch {
      to.resetAndDestroy();
    }
  }

  /** Resolves with whether the direction lives on. */
  async #pass(piece: Buffer, to: Socket): Promise<boolean> {
    if (this.#happens("cut")) {
      to.resetAndDestroy();
      return false;
    }
    if (this.#happens("truncate")) {
      to.end(piece.subarray(0, Math.floor(piece.length * this.#options.random())));
      return false;
    }
    const { maxDelayMs = 50, stallMs = 3000, random } = this.#options;
    if (this.#happens("stall")) await this.#pause(stallMs);
    else if (this.#happens("delay")) await this.#pause(maxDelayMs * random());
    return write(to, piece);
  }

  #happens(mishap: Mishap): boolean {
    if (this.#calm.signal.aborted || this.#options.random() >= this.#chances[mishap]) return false;
    this.mishaps[mishap] += 1;
    return true;
  }

  async #pause(ms: number): Promise<void> {
    const { signal } = this.#calm;
    // A pause that is called off has simply ended.
    await wait(ms, undefined, { signal }).catch(() => undefined);
  }
}

/** Writes at the pace of the reader. Resolves with whether it was written. */
function write(to: Socket, piece: Buffer): Promise<boolean> {
  return new Promise((resolve) => {
    if (to.destroyed || to.writableEnded) return resolve(false);
    to.write(piece, (error) => resolve(!error));
  });
}

import type { WebSocket } from "ws";

interface Receipt {
  readonly id: number;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Finds out what the peer has received: it answers a ping when it has read all that was sent before,
 * and may answer the latest of several alone (RFC 6455, section 5.5.3).
 */
export class WebSocketReceipts {
  readonly #socket: WebSocket;
  readonly #waiting: Receipt[] = [];
  #lastId = 0;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("pong", (data: Buffer) => this.#arrived(data.toString("latin1")));
  }

  /** Resolves when the peer has all that was sent so far. */
  request(): Promise<void> {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ id, resolve, reject });
      // A write that fails ends the session, and that ends the wait.
      this.#socket.ping(String(id), undefined, () => {});
    });
  }

  /** The session has ended. After a closing handshake of ours the peer has read all that was sent. */
  end(inOrder: boolean, reason: unknown): void {
    for (const { resolve, reject } of this.#waiting.splice(0)) {
      if (inOrder) resolve();
      else reject(reason);
    }
  }

  /** A pong with no number in it answers a ping of another kind. */
  #arrived(payload: string): void {
    const id = payload === "" ? 0 : Number(payload);
    const pending = this.#waiting.findIndex((receipt) => !(receipt.id <= id));
    const known = this.#waiting.splice(0, pending === -1 ? this.#waiting.length : pending);
    for (const { resolve } of known) resolve();
  }
}

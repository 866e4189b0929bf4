import {
  type AgentToServerInit,
  bytesFromInstanceUid,
  createInstanceUid,
  decodeFrame,
  decodeServerToAgent,
  encodeAgentToServer,
  encodeFrame,
  type ServerToAgent,
} from "@opamp/protocol";
import {
  type LeanAddress,
  LeanSocket,
  type LeanSocketListener,
  type Refusal,
} from "./lean-socket.ts";

/** An agent that knows just enough, so that one process holds many thousands. */
export interface LeanAgent {
  readonly uid: Uint8Array;
  /** Resolves when its WebSocket is open; rejects with `LeanConnectionError`. */
  connect(): Promise<void>;
  /** Sends the next message and waits for the answer; nothing else may be asked meanwhile. */
  ask(message?: AgentToServerInit): Promise<ServerToAgent>;
  /** Resolves when the connection has ended, at once when there is none. */
  untilClosed(): Promise<void>;
  /** Cuts the connection. Resolves when it has ended. */
  disconnect(): Promise<void>;
}

/** The connection ended, or was refused. */
export class LeanConnectionError extends Error {
  readonly refusal: Refusal | undefined;

  constructor(why: Refusal | Error | undefined) {
    const isRefused = why !== undefined && "status" in why;
    super(isRefused ? `refused with ${why.status}` : "the connection has ended", { cause: why });
    this.refusal = isRefused ? why : undefined;
  }
}

/** Makes an agent that is not connected yet. */
export function createLeanAgent(address: LeanAddress): LeanAgent {
  return new RawAgent(address);
}

/** What a Collector declares that takes configs. */
const CAPABILITIES = 0x3847n;

class RawAgent implements LeanAgent, LeanSocketListener {
  readonly uid: Uint8Array = bytesFromInstanceUid(createInstanceUid());
  readonly #address: LeanAddress;
  #sequenceNum = 0n;
  #socket: LeanSocket | undefined;
  #opening: PromiseWithResolvers<void> | undefined;
  #asking: PromiseWithResolvers<ServerToAgent> | undefined;
  #closing: PromiseWithResolvers<void> | undefined;

  constructor(address: LeanAddress) {
    this.#address = address;
  }

  connect(): Promise<void> {
    this.#opening = Promise.withResolvers();
    this.#socket = new LeanSocket(this.#address, this);
    return this.#opening.promise;
  }

  ask(message?: AgentToServerInit): Promise<ServerToAgent> {
    if (this.#socket === undefined) return Promise.reject(new LeanConnectionError(undefined));
    this.#sequenceNum += 1n;
    const numbered = {
      ...message,
      instanceUid: this.uid,
      sequenceNum: this.#sequenceNum,
      capabilities: CAPABILITIES,
    };
    this.#asking = Promise.withResolvers();
    this.#socket.send(encodeFrame(encodeAgentToServer(numbered)));
    return this.#asking.promise;
  }

  async untilClosed(): Promise<void> {
    if (this.#socket === undefined) return;
    this.#closing ??= Promise.withResolvers();
    await this.#closing.promise;
  }

  async disconnect(): Promise<void> {
    this.#socket?.destroy();
    await this.untilClosed();
  }

  opened(): void {
    this.#opening?.resolve();
    this.#opening = undefined;
  }

  received(payload: Buffer): void {
    const asking = this.#asking;
    this.#asking = undefined;
    asking?.resolve(decodeServerToAgent(decodeFrame(payload)));
  }

  closed(why: Refusal | Error | undefined): void {
    this.#socket = undefined;
    const error = new LeanConnectionError(why);
    this.#opening?.reject(error);
    this.#asking?.reject(error);
    this.#closing?.resolve();
    this.#opening = undefined;
    this.#asking = undefined;
    this.#closing = undefined;
  }
}

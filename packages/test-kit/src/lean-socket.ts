import { connect, type Socket } from "node:net";
import { connect as connectTls, type SecureContext } from "node:tls";
import { decodeServerFrame, encodeClientFrames, Opcode } from "./web-socket-frames.ts";

/** Where and how a lean agent connects. */
export interface LeanAddress {
  readonly port: number;
  /** @default "/v1/opamp" */
  readonly path?: string;
  /** Which authority the server's certificate is from; with it, TLS is spoken. */
  readonly secureContext?: SecureContext;
  /** Whether permessage-deflate is offered, without context takeover, and each message compressed. */
  readonly compression?: boolean;
  /** Where connections come from; each such address has its own ports. @default whatever is free */
  readonly localAddress?: string;
}

/** What the server answered instead of opening a WebSocket. */
export interface Refusal {
  readonly status: number;
  readonly retryAfterSeconds: number | undefined;
}

export interface LeanSocketListener {
  opened(): void;
  received(payload: Buffer): void;
  /** Once, in the end; also when it was never opened. */
  closed(cause: Refusal | Error | undefined): void;
}

const HOST = "127.0.0.1";
const END_OF_HEAD = "\r\n\r\n";

/** A WebSocket that does what a benchmark needs, for little CPU and memory. */
export class LeanSocket {
  readonly #socket: Socket;
  readonly #address: LeanAddress;
  readonly #listener: LeanSocketListener;
  #isOpen = false;
  #cause: Refusal | Error | undefined;
  /** What has arrived of the next frame, or of the head of the answer. */
  #rest: Buffer | undefined;

  constructor(address: LeanAddress, listener: LeanSocketListener) {
    this.#address = address;
    this.#listener = listener;
    this.#socket = openSocket(address, () => this.#socket.write(upgradeRequest(address)));
    this.#socket.on("data", (chunk: Buffer) => this.#feed(chunk));
    this.#socket.on("error", (error) => {
      this.#cause = error;
    });
    this.#socket.on("end", () => this.#socket.destroy());
    this.#socket.on("close", () => listener.closed(this.#cause));
  }

  send(payload: Uint8Array): void {
    const { compression = false } = this.#address;
    this.#socket.write(
      encodeClientFrames({ opcode: Opcode.Binary, payload, compressed: compression }),
    );
  }

  /** Cuts the connection; by a reset where it can, so that thousands leave no port that has to wait. */
  destroy(): void {
    if (this.#address.secureContext === undefined) this.#socket.resetAndDestroy();
    else this.#socket.destroy();
  }

  #feed(chunk: Buffer): void {
    const data = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
    const start = this.#isOpen ? 0 : this.#readHead(data);
    const end = this.#isOpen ? this.#readFrames(data, start) : 0;
    this.#rest = end === data.length ? undefined : data.subarray(end);
  }

  /** Where the frames begin. */
  #readHead(data: Buffer): number {
    const end = data.indexOf(END_OF_HEAD);
    if (end === -1) return 0;
    const head = data.toString("latin1", 0, end);
    const status = Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]);
    if (status !== 101) {
      const seconds = /^retry-after: *(\d+)/im.exec(head)?.[1];
      this.#cause = {
        status,
        retryAfterSeconds: seconds === undefined ? undefined : Number(seconds),
      };
      this.#socket.destroy();
      return 0;
    }
    this.#isOpen = true;
    this.#listener.opened();
    return end + END_OF_HEAD.length;
  }

  /** Where the first frame begins that is not complete. */
  #readFrames(data: Buffer, start: number): number {
    let end = start;
    for (;;) {
      const frame = decodeServerFrame(data, end);
      if (frame === undefined) return end;
      end = frame.end;
      if (frame.opcode === Opcode.Binary) this.#listener.received(frame.payload);
      else this.#control(frame.opcode, frame.payload);
    }
  }

  #control(opcode: number, payload: Buffer): void {
    if (opcode === Opcode.Ping) {
      this.#socket.write(encodeClientFrames({ opcode: Opcode.Pong, payload }));
    } else if (opcode === Opcode.Close) {
      this.#cause = new Error(`the server closed with ${payload.readUInt16BE()}`);
      this.#socket.end(encodeClientFrames({ opcode: Opcode.Close, payload }));
    }
  }
}

function openSocket(address: LeanAddress, opened: () => void): Socket {
  const { port, secureContext, localAddress } = address;
  const to = { host: HOST, port, noDelay: true, ...(localAddress && { localAddress }) };
  if (secureContext === undefined) return connect(to, opened);
  return connectTls({ ...to, secureContext }, opened);
}

function upgradeRequest({ port, path = "/v1/opamp", compression = false }: LeanAddress): string {
  const deflate = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
  return [
    `GET ${path} HTTP/1.1`,
    `Host: ${HOST}:${port}`,
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
    ...(compression ? [`Sec-WebSocket-Extensions: ${deflate}`] : []),
    "",
    "",
  ].join("\r\n");
}

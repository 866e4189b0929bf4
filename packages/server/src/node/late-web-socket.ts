import type { Duplex } from "node:stream";
import { stopAtViolation } from "@opamp/protocol/internal";
import { type ServerOptions, WebSocket } from "ws";

/** Those of the server of `ws`. */
export interface WsOptions extends ServerOptions {
  readonly maxPayload: number;
}

/** What `ws` does not say about its class. */
type WsConstructor = new (
  address: null,
  protocols: undefined,
  options: WsOptions,
) => WebSocket & { setSocket(socket: Duplex, head: Buffer, options: WsOptions): void };

const WsWebSocket: WsConstructor = WebSocket as unknown as WsConstructor;

/** A WebSocket of `ws` that leaves its socket alone until it is told to begin. */
export class LateWebSocket extends WsWebSocket {
  /** Called by `ws` when it has done the handshake. */
  override setSocket(): void {
    // See `begin`.
  }

  /** Takes over an open WebSocket, with what was read of it and not taken. */
  begin(socket: Duplex, unread: Buffer, options: WsOptions): void {
    super.setSocket(socket, unread, options);
    stopAtViolation(this);
  }
}

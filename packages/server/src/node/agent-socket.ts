import { CloseCode } from "@opamp/protocol";
import { WebSocket } from "ws";
import type { Socket, SocketListener } from "../websocket/socket.ts";

const MAX_COPIED_BYTES = 1024;

/** A WebSocket of `ws` that knows whom to tell: 100,000 of them share the functions below. */
export class AgentSocket extends WebSocket implements Socket {
  sessionListener: SocketListener | undefined;

  /** The kernel takes most messages at once; that is known long before the callback comes. */
  write(frame: Uint8Array, written: (error?: Error | null) => void): boolean {
    let isWritten = false;
    // V8 keeps small arrays on its heap; that `ws` asks for their buffer costs more than a copy.
    const data = frame.length < MAX_COPIED_BYTES ? Buffer.from(frame) : frame;
    this.send(data, (error) => {
      if (!isWritten) written(error);
    });
    isWritten = this.bufferedAmount === 0 && this.readyState === WebSocket.OPEN;
    return isWritten;
  }
}

/** Passes what happens on a WebSocket on to its listener. */
export function listenTo(webSocket: AgentSocket, listener: SocketListener): void {
  webSocket.sessionListener = listener;
  webSocket.on("message", onMessage).on("pong", onPong).on("error", onError).on("close", onClose);
}

function onMessage(this: WebSocket, data: unknown, isBinary: boolean): void {
  if (data instanceof Uint8Array) listenerOf(this)?.received(data, isBinary);
}

function onPong(this: WebSocket): void {
  listenerOf(this)?.ponged();
}

/** The close code with which `ws` answers a violation; any other is a protocol error. */
const closeCodes: Readonly<Record<string, number>> = {
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: CloseCode.MessageTooBig,
  WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH: CloseCode.MessageTooBig,
  WS_ERR_INVALID_UTF8: 1007,
  WS_ERR_TOO_MANY_BUFFERED_PARTS: CloseCode.PolicyViolation,
};

function onError(this: WebSocket, error: Error): void {
  const name = "code" in error ? String(error.code) : "";
  listenerOf(this)?.violated(closeCodes[name] ?? CloseCode.ProtocolError, error);
}

function onClose(this: WebSocket, code: number): void {
  listenerOf(this)?.closed(code);
}

function listenerOf(webSocket: WebSocket): SocketListener | undefined {
  return webSocket instanceof AgentSocket ? webSocket.sessionListener : undefined;
}

import { CloseCode } from "@opamp/protocol";
import type { WebSocket } from "ws";
import type { SocketListener } from "../websocket/socket.ts";

/** The close code with which `ws` answers a violation; any other is a protocol error. */
const closeCodes: Readonly<Record<string, number>> = {
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: CloseCode.MessageTooBig,
  WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH: CloseCode.MessageTooBig,
  WS_ERR_INVALID_UTF8: 1007,
  WS_ERR_TOO_MANY_BUFFERED_PARTS: CloseCode.PolicyViolation,
};

/** Passes what happens on a WebSocket of `ws` on to a listener. */
export function listenToWs(webSocket: WebSocket, listener: SocketListener): void {
  webSocket
    .on("message", (data, isBinary) => {
      if (data instanceof Uint8Array) listener.received(data, isBinary);
    })
    .on("pong", () => listener.ponged())
    .on("error", (error) => {
      const name = "code" in error ? String(error.code) : "";
      listener.violated(closeCodes[name] ?? CloseCode.ProtocolError, error);
    })
    .on("close", (code) => listener.closed(code));
}

import { encodeFrame } from "@opamp/protocol";
import { WebSocket } from "ws";
import type { Writer } from "../websocket/socket.ts";

/** Writes a message by `ws`. True when it is written at once; else the writer hears of it. */
export function writeByWs(ws: WebSocket | undefined, message: Uint8Array, writer: Writer): boolean {
  if (ws === undefined) return notWritten(writer);
  let isWritten = false;
  ws.send(encodeFrame(message), (error) => {
    if (!isWritten) writer.written(error);
  });
  isWritten = ws.bufferedAmount === 0 && ws.readyState === WebSocket.OPEN;
  return isWritten;
}

/** Tells the writer, a little later, that nobody is there to write to. */
export function notWritten(writer: Writer): false {
  process.nextTick(() => writer.written(new Error("the agent has ended the connection")));
  return false;
}

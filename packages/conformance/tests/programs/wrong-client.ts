import { encodeAgentToServer, encodeFrame } from "@opamp/protocol";
import WebSocket from "ws";

// A client that is wrong on purpose: its uid has 15 bytes, and it answers nothing.

const socket = new WebSocket(process.env.OPAMP_SERVER_URL ?? "");
socket.on("open", () => {
  const message = { instanceUid: new Uint8Array(15).fill(1), capabilities: 1n };
  socket.send(encodeFrame(encodeAgentToServer({ ...message, agentDescription: {} })));
});

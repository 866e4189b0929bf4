import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer, type TLSSocket } from "node:tls";
import { parseArgs } from "node:util";

// The least that a server in Node can do for agents with TLS: no HTTP, no WebSocket, no OpAMP. Prints
// its port. The first thing read from a connection is taken for a handshake, all others for messages.
const { values } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    cert: { type: "string", default: "" },
    key: { type: "string", default: "" },
  },
});

const open =
  "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
/** A binary frame with the header of a message, and an empty message. */
const answer = Buffer.from([0x82, 1, 0]);

function speak(this: TLSSocket): void {
  this.write(answer);
}

const tls = { cert: readFileSync(values.cert), key: readFileSync(values.key) };
const server = createServer(tls, (socket) => {
  socket.once("data", () => {
    socket.write(open);
    socket.on("data", speak);
  });
  socket.on("error", () => socket.destroy());
});
server.listen(Number(values.port), "127.0.0.1", 4096, () => {
  console.log((server.address() as AddressInfo).port);
});
process.stdin.on("end", () => process.exit()).resume();

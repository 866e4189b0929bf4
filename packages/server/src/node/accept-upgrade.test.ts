import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, expect, it, onTestFinished } from "vitest";
import { WebSocketServer } from "ws";
import { resolveSettings } from "../resolve-settings.ts";
import { createAcceptUpgrade } from "./accept-upgrade.ts";

type HandleUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

const key = "dGhlIHNhbXBsZSBub25jZQ==";
const deflate = "permessage-deflate; client_max_window_bits";

describe.each([false, true])("a handshake, compression %s", (compression) => {
  it.each([
    ["is all that it has to be", "GET", { key, version: "13" }],
    ["is of the draft before", "GET", { key, version: "8" }],
    ["is of no known version", "GET", { key, version: "7" }],
    ["says no version", "GET", { key }],
    ["has no key", "GET", { version: "13" }],
    ["has a key that is too short", "GET", { key: "c2hvcnQ=", version: "13" }],
    ["is no GET", "POST", { key, version: "13" }],
    ["offers subprotocols", "GET", { key, version: "13", protocol: "a, b" }],
    ["offers subprotocols that are none", "GET", { key, version: "13", protocol: "a,,b" }],
    ["offers compression", "GET", { key, version: "13", extensions: deflate }],
    ["offers another extension", "GET", { key, version: "13", extensions: "other" }],
    ["offers extensions that are none", "GET", { key, version: "13", extensions: ";;" }],
  ])("that %s is answered as ws answers it [W-67]", async (_, method, headers) => {
    const head = headOf(method, headers);
    const ours = await answerTo(head, acceptedByUs(compression));
    expect(ours).toBe(await answerTo(head, acceptedByWs(compression)));
    expect(ours).toMatch(/^HTTP\/1\.1 (101|400|405) /);
  });
});

function acceptedByUs(compression: boolean): HandleUpgrade {
  const accept = createAcceptUpgrade(resolveSettings({ compression }));
  return (request, socket, head) => {
    void accept({ request, socket, head }, (webSocket) => webSocket.terminate());
  };
}

function acceptedByWs(compression: boolean): HandleUpgrade {
  const withoutTakeover = { serverNoContextTakeover: true, clientNoContextTakeover: true };
  const perMessageDeflate = compression && withoutTakeover;
  const webSockets = new WebSocketServer({ noServer: true, perMessageDeflate });
  return (request, socket, head) => {
    webSockets.handleUpgrade(request, socket, head, (webSocket) => webSocket.terminate());
  };
}

function headOf(method: string, headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries(headers).map(([name, value]) => `Sec-WebSocket-${name}: ${value}`);
  const upgrade = ["Host: x", "Upgrade: websocket", "Connection: Upgrade", "Content-Length: 0"];
  return [`${method} / HTTP/1.1`, ...upgrade, ...lines, "\r\n"].join("\r\n");
}

async function answerTo(head: string, handle: HandleUpgrade): Promise<string> {
  const server = createServer().on("upgrade", handle);
  onTestFinished(() => void server.close());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const socket = connect(typeof address === "object" ? (address?.port ?? 0) : 0, "127.0.0.1");
  socket.write(head);
  return text(socket);
}

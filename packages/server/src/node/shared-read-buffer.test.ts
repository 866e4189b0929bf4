import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { duplexPair } from "node:stream";
import { expect, it } from "vitest";
import { shareReadBuffer, unshareReadBuffer } from "./shared-read-buffer.ts";

// Fails where Node has changed: then sockets are read by their events, which takes more CPU.
it("takes what a socket reads, on this version of Node, and gives it back to its stream", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? (address?.port ?? 0) : 0;
  const client = connect(port, "127.0.0.1");
  const [socket]: Socket[] = await once(server, "connection");
  if (socket === undefined) throw new Error("there is no connection");
  const taken = Promise.withResolvers<string>();
  const isShared = shareReadBuffer(socket, (length, buffer) => {
    taken.resolve(buffer.toString("utf8", 0, length));
    return true;
  });
  expect(isShared).toBe(true);
  socket.resume();
  client.write("first");
  expect(await taken.promise).toBe("first");
  unshareReadBuffer(socket);
  client.write("second");
  const [data] = await once(socket, "data");
  expect(String(data)).toBe("second");
  client.end();
  await once(socket, "end");
  socket.destroy();
  server.close();
});

it("leaves streams alone that are no sockets", () => {
  const [stream, other] = duplexPair();
  expect(shareReadBuffer(stream, () => true)).toBe(false);
  expect(() => unshareReadBuffer(other)).not.toThrow();
});

import { once } from "node:events";
import { createServer } from "node:http";
import { connect, Socket } from "node:net";
import { expect, it } from "vitest";
import { endBadRequests } from "./end-bad-requests.ts";

const late = Object.assign(new Error("late"), { code: "ERR_HTTP_REQUEST_TIMEOUT" });

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

it("ends requests that are late together ten at a time, with turns for all others between", async () => {
  const server = createServer();
  endBadRequests(server);
  const sockets = Array.from({ length: 25 }, () => new Socket());
  for (const socket of sockets) server.emit("clientError", late, socket);
  const ended = [];
  for (let turn = 0; turn < 4; turn += 1) {
    ended.push(sockets.filter(({ destroyed }) => destroyed).length);
    await nextTurn();
  }
  expect(ended).toEqual([0, 10, 20, 25]);
});

it("ends those that are late after all others were ended", async () => {
  const server = createServer();
  endBadRequests(server);
  for (let i = 0; i < 2; i += 1) {
    const socket = new Socket();
    server.emit("clientError", late, socket);
    await nextTurn();
    expect(socket.destroyed).toBe(true);
  }
});

it("says nothing into an answer that is under way", async () => {
  await using server = createServer((_request, response) => void response.write("begun"));
  endBadRequests(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? (address?.port ?? 0) : 0;
  const agent = connect(port, "127.0.0.1").setEncoding("latin1");
  let heard = "";
  agent.on("data", (text: string) => {
    if (!heard.includes("begun") && text.includes("begun")) agent.write("no request\r\n\r\n");
    heard += text;
  });
  agent.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  await once(agent, "close");
  expect(heard).toContain("begun");
  expect(heard.match(/HTTP\/1\.1/g)).toHaveLength(1);
});

it.each([
  ["says 408 to a late request", 0, ["HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n"]],
  ["says nothing where an answer or a handshake was written meanwhile", 100, []],
])("%s", async (_, writtenMeanwhile, said) => {
  const server = createServer();
  endBadRequests(server);
  const socket = new Socket();
  const written: unknown[] = [];
  let bytesWritten = 0;
  Object.defineProperties(socket, {
    bytesWritten: { get: () => bytesWritten },
    writable: { value: true },
    write: { value: (text: unknown) => written.push(text) },
  });
  server.emit("clientError", late, socket);
  bytesWritten = writtenMeanwhile;
  await nextTurn();
  expect(written).toEqual(said);
  expect(socket.destroyed).toBe(true);
});

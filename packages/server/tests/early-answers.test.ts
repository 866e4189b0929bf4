import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { accept, reject } from "@opamp/server";
import { createFakeClock, eventually } from "@opamp/test-kit";
import { describe, expect, it, onTestFinished } from "vitest";
import { startServer, type TestServer } from "./_util/test-server.ts";

const MiB = 1024 * 1024;

async function open(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  await once(
    socket.on("error", () => undefined),
    "connect",
  );
  return socket;
}

/** The head of a post to a server, with the headers that say how long the body is. */
function head(...headers: readonly string[]): string {
  const lines = ["POST /v1/opamp HTTP/1.1", "Host: x", "Content-Type: application/x-protobuf"];
  return `${[...lines, ...headers].join("\r\n")}\r\n\r\n`;
}

/** Writes so much in pieces; rejects when that fails. */
async function writeRest(socket: Socket, bytes: number): Promise<void> {
  const piece = Buffer.alloc(64 * 1024);
  for (let left = bytes; left > 0; left -= piece.length) {
    await new Promise<void>((resolve, reject) => {
      socket.write(piece.subarray(0, left), (error) => (error ? reject(error) : resolve()));
    });
  }
}

/** Reads what came, to the end. */
async function readAll(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  await new Promise((resolve) => socket.once("close", resolve));
  return Buffer.concat(chunks).toString();
}

const limits = { maxReceiveBytes: 2 * MiB };

describe("an answer to a body that is still being written", () => {
  it.each([
    { status: 413, onConnecting: () => accept() },
    { status: 401, onConnecting: () => reject(401) },
  ])(
    "reaches an agent that writes all before it reads: $status [S-13 S-14]",
    async ({ status, onConnecting }) => {
      await using running = await startServer({ limits, callbacks: { onConnecting } });
      const socket = await open(running.port);
      socket.write(head(`Content-Length: ${3 * MiB}`, "Connection: close"));
      await eventually(() => expect(answered(running)).toBe(1));
      await writeRest(socket, 3 * MiB);
      expect(await readAll(socket)).toContain(`HTTP/1.1 ${status}`);
    },
  );

  it.each(["close", "keep-alive"])(
    "is followed by a cut when the agent goes on and on: Connection: %s",
    async (connection) => {
      await using running = await startServer({ limits });
      const socket = await open(running.port);
      socket.write(head(`Content-Length: ${1024 * MiB}`, `Connection: ${connection}`));
      const answer = readAll(socket);
      await expect(writeRest(socket, 1024 * MiB)).rejects.toBeInstanceOf(Error);
      expect(await answer).toContain("HTTP/1.1 413");
      expect(socket.bytesWritten).toBeLessThan(32 * MiB);
    },
  );

  it.each(["close", "keep-alive"])(
    "is followed by a cut when the agent stops in the middle: Connection: %s",
    async (connection) => {
      const clock = createFakeClock();
      await using running = await startServer({ limits, clock });
      const socket = await open(running.port);
      socket.write(head(`Content-Length: ${3 * MiB}`, `Connection: ${connection}`));
      const answer = readAll(socket);
      await eventually(() => expect(answered(running)).toBe(1));
      await eventually(() => expect(clock.pendingTimers).toBe(1));
      await clock.advance(5_000);
      expect(await answer).toContain("HTTP/1.1 413");
    },
  );

  it("is followed by the next on the same connection, once the body is there", async () => {
    await using running = await startServer({ limits });
    const socket = await open(running.port);
    socket.write(head(`Content-Length: ${3 * MiB}`));
    await eventually(() => expect(answered(running)).toBe(1));
    await writeRest(socket, 3 * MiB);
    socket.write(head("Content-Length: 0", "Connection: close"));
    expect((await readAll(socket)).match(/HTTP\/1.1 \d+/g)).toEqual([
      "HTTP/1.1 413",
      "HTTP/1.1 400",
    ]);
  });
});

function answered({ server }: TestServer): number {
  const { http } = server.stats();
  return http.messagesUnreadable + http.refused.application;
}

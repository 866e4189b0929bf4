import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { createOpAMPServer } from "@opamp/server";
import { createFakeClock, eventually } from "@opamp/test-kit";
import { describe, expect, it, onTestFinished } from "vitest";
import type { AddressLimits } from "../src/node/address-guard.ts";
import { connectAgent } from "./_util/raw-agent.ts";

const clock = createFakeClock();

async function listen(perAddress: AddressLimits): Promise<number> {
  const server = createOpAMPServer({ clock });
  onTestFinished(() => server.close({ deadlineMs: 0 }));
  const { port } = await server.listen({ port: 0, host: "127.0.0.1", perAddress });
  return port;
}

/** A connection from one of the addresses of this machine. */
async function open(port: number, localAddress: string): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1", localAddress });
  onTestFinished(() => void socket.destroy());
  socket.on("error", () => socket.destroy()).resume();
  await once(socket, "connect");
  return socket;
}

/** What the server said to a request; nothing when it has cut the connection. */
async function answerTo(socket: Socket): Promise<string> {
  socket.write("GET /elsewhere HTTP/1.1\r\nHost: x\r\n\r\n");
  const [first] = await Promise.race([once(socket, "data"), once(socket, "close")]);
  return String(first);
}

describe("an address with limits", () => {
  it("has no more connections than it may, until one of them ends", async () => {
    const port = await listen({ maxConnections: 2 });
    const first = await open(port, "127.0.0.1");
    const second = await open(port, "127.0.0.1");
    expect(await answerTo(second)).toContain("HTTP/1.1 404");
    expect(await answerTo(await open(port, "127.0.0.1"))).not.toContain("HTTP");
    expect(await answerTo(await open(port, "127.0.0.2"))).toContain("HTTP/1.1 404");
    first.destroy();
    await eventually(async () => {
      expect(await answerTo(await open(port, "127.0.0.1"))).toContain("HTTP/1.1 404");
    });
  });

  it("makes no more connections in a row than it may, and later again", async () => {
    const port = await listen({ connections: { perSecond: 1, burst: 2 } });
    expect(await answerTo(await open(port, "127.0.0.1"))).toContain("HTTP/1.1 404");
    expect(await answerTo(await open(port, "127.0.0.1"))).toContain("HTTP/1.1 404");
    expect(await answerTo(await open(port, "127.0.0.1"))).not.toContain("HTTP");
    expect(await answerTo(await open(port, "127.0.0.2"))).toContain("HTTP/1.1 404");
    await clock.advance(1000);
    expect(await answerTo(await open(port, "127.0.0.1"))).toContain("HTTP/1.1 404");
  });

  it("keeps the WebSockets that it has when it opens too many", async () => {
    const port = await listen({ maxConnections: 1 });
    await using agent = await connectAgent(`ws://127.0.0.1:${port}/v1/opamp`);
    expect(await answerTo(await open(port, "127.0.0.1"))).not.toContain("HTTP");
    expect((await agent.ask()).errorResponse).toBeUndefined();
  });
});

it.each([
  { limits: { maxConnections: 0 }, name: "options.perAddress.maxConnections" },
  { limits: { connections: { perSecond: 0 } }, name: "options.perAddress.connections.perSecond" },
])("refuses $name when it makes no sense", async ({ limits, name }) => {
  await expect(listen(limits)).rejects.toMatchObject({
    code: "invalid-argument",
    message: expect.stringContaining(name),
  });
});

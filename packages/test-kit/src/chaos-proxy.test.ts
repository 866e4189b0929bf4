import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { expect, it } from "vitest";
import { type ChaosProxyOptions, startChaosProxy } from "./chaos-proxy.ts";
import { createSeededRandom } from "./seeded-random.ts";

const none = { refuse: 0, cut: 0, truncate: 0, stall: 0, delay: 0 };

/** Sends through a proxy to a server that sends back, and says what came back. */
async function echoed(sent: string, options: Partial<ChaosProxyOptions>): Promise<string> {
  const server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.pipe(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port: targetPort } = server.address() as AddressInfo;
  const proxy = await startChaosProxy({
    targetPort,
    random: createSeededRandom(1),
    chances: none,
    ...options,
  });
  const client = connect(proxy.port, "127.0.0.1");
  client.on("error", () => client.destroy());
  client.end(sent);
  let received = "";
  client.on("data", (piece: Buffer) => {
    received += piece.toString();
  });
  await new Promise((resolve) => client.once("close", resolve));
  await proxy.close();
  server.close();
  return received;
}

it("passes everything on when nothing happens", async () => {
  expect(await echoed("hello", {})).toBe("hello");
});

it("delays and stalls without losing anything", async () => {
  const chances = { ...none, stall: 0.5, delay: 1 };
  expect(await echoed("hello", { chances, stallMs: 5, maxDelayMs: 5 })).toBe("hello");
});

it.each(["refuse", "cut"] as const)("lets nothing through on %s", async (mishap) => {
  expect(await echoed("hello", { chances: { ...none, [mishap]: 1 } })).toBe("");
});

it("lets a part through on truncate", async () => {
  const received = await echoed("hello, world", { chances: { ...none, truncate: 1 } });
  expect("hello, world".startsWith(received)).toBe(true);
  expect(received.length).toBeLessThan("hello, world".length);
});

import assert from "node:assert/strict";
import { CloseCode, DEFAULT_MAX_MESSAGE_BYTES, encodeFrame } from "@opamp/protocol";
import type { RawWebSocketAgent } from "../../raw/raw-agent.ts";
import type { ServerCase } from "../../runner/conformance-case.ts";
import { hex } from "../bytes.ts";
import { overWebSocket } from "../transports.ts";
import { assertDelivered, assertNothingDelivered, messageOf } from "./checks.ts";
import { bigOffer, paddedMessage } from "./padding.ts";

const info = { side: "server", transports: overWebSocket } as const;
const limitBytes = 4096;

/** A frame of a given size, header included. */
function frameOf(agent: RawWebSocketAgent, sizeBytes: number): Uint8Array {
  return encodeFrame(paddedMessage(agent, sizeBytes - 1));
}

/** Cases about the size of messages on WebSocket. */
export const webSocketSizeCases: readonly ServerCase[] = [
  {
    ...info,
    id: "server-limits-inflated-frames",
    title: "refuses a message that is too large only once it is decompressed",
    requirements: ["S-03", "L-02"],
    async run(context) {
      const server = await context.start({ maxReceiveBytes: limitBytes });
      const agent = await server.connectWebSocket({ deflate: true });
      assert.match(String(agent.socket.headers["sec-websocket-extensions"]), /permessage-deflate/);
      await agent.socket.send(frameOf(agent, 8 * 1024 * 1024));
      await agent.socket.closed;
      await assertNothingDelivered(server);
    },
  },
  {
    ...info,
    id: "server-delivers-no-oversized-frames",
    title: "does not process a message above its limit",
    requirements: ["S-04"],
    async run(context) {
      const server = await context.start({ maxReceiveBytes: limitBytes });
      const agent = await server.connectWebSocket();
      await agent.socket.send(frameOf(agent, 2 * limitBytes));
      await Promise.race([agent.socket.closed, agent.socket.received.take()]);
      await assertNothingDelivered(server);
    },
  },
  {
    ...info,
    id: "server-closes-with-1009",
    title: "closes with 1009 on a message above its limit",
    requirements: ["S-05"],
    async run(context) {
      const server = await context.start({ maxReceiveBytes: limitBytes });
      const agent = await server.connectWebSocket();
      await agent.socket.send(frameOf(agent, 2 * limitBytes));
      assert.equal((await agent.socket.closed).code, CloseCode.MessageTooBig);
    },
  },
  {
    ...info,
    id: "server-websocket-limit-is-configurable",
    title: "takes a frame of exactly the configured limit, and none of a byte more",
    requirements: ["W-17"],
    run: (context) => assertBoundary(context, { maxReceiveBytes: limitBytes }, limitBytes),
  },
  {
    ...info,
    id: "server-websocket-limit-is-64-mib",
    deadlineMs: 30_000,
    title: "takes a frame of 64 MiB unless configured otherwise, and none of a byte more",
    requirements: ["W-16"],
    run: (context) => assertBoundary(context, {}, DEFAULT_MAX_MESSAGE_BYTES),
  },
  {
    ...info,
    id: "server-sends-no-oversized-frames",
    title: "does not send a message above its limit",
    requirements: ["S-07", "S-154"],
    async run(context) {
      const server = await context.start({ maxSendBytes: limitBytes });
      const agent = await server.connectWebSocket();
      await agent.exchange();
      await assert.rejects(
        server.application.push({ instanceUid: agent.instanceUid, ...bigOffer(2 * limitBytes) }),
      );
      await agent.exchange();
      const sizes = agent.socket.received.all.map(({ bytes }) => bytes.length);
      assert.ok(Math.max(...sizes) <= limitBytes, `a frame has ${Math.max(...sizes)} bytes`);
    },
  },
  {
    ...info,
    id: "server-limits-frames-before-compression",
    title: "measures a message before it is compressed",
    requirements: ["S-06"],
    async run(context) {
      const server = await context.start({ maxSendBytes: limitBytes });
      const agent = await server.connectWebSocket({ deflate: true });
      server.application.onNextMessages({ kind: "answer", message: bigOffer(limitBytes / 2) });
      assert.ok((await agent.exchange()).message?.remoteConfig);
      const seen = agent.socket.received.all.length;
      server.application.onNextMessages({ kind: "answer", message: bigOffer(2 * limitBytes) });
      await agent.socket.send(encodeFrame(agent.encode()));
      await agent.socket.send(encodeFrame(agent.encode({ health: { healthy: true } })));
      await server.application.delivered.take({ where: ({ health }) => health !== undefined });
      await agent.exchange();
      for (const { message } of agent.socket.received.all.slice(seen)) {
        assert.equal(message?.remoteConfig, undefined);
      }
    },
  },
  {
    ...info,
    id: "server-reports-dropped-frames",
    title: "reports a message that is too large to be sent",
    requirements: ["S-08"],
    async run(context) {
      const server = await context.start({ maxSendBytes: limitBytes });
      const agent = await server.connectWebSocket();
      server.application.onNextMessages({ kind: "answer", message: bigOffer(2 * limitBytes) });
      await agent.socket.send(encodeFrame(agent.encode()));
      const { events } = server.application;
      const event = await events.take({ where: ({ kind }) => kind === "not-sent" });
      assert.deepEqual(event, { kind: "not-sent", code: "message-too-large" });
    },
  },
];

async function assertBoundary(
  context: Parameters<ServerCase["run"]>[0],
  settings: { readonly maxReceiveBytes?: number },
  limit: number,
): Promise<void> {
  const server = await context.start(settings);
  const fits = await server.connectWebSocket();
  await fits.socket.send(frameOf(fits, limit));
  const answer = messageOf(await fits.socket.received.take({ timeoutMs: 20_000 }));
  assert.equal(answer.errorResponse, undefined);
  assert.equal(hex(answer.instanceUid), hex(fits.instanceUid));
  const tooLarge = await server.connectWebSocket();
  // The server may cut it off before all is sent.
  await tooLarge.socket.send(frameOf(tooLarge, limit + 1)).catch(() => {});
  const answered = await Promise.race([
    tooLarge.socket.closed.then(() => undefined),
    tooLarge.socket.received.take({ timeoutMs: 20_000 }),
  ]);
  assert.ok(answered === undefined || answered.message?.errorResponse, "it was answered");
  assertDelivered(server, 1);
}

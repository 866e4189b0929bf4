import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { DEFAULT_MAX_MESSAGE_BYTES } from "@opamp/protocol";
import type { ServerCase } from "../../runner/conformance-case.ts";
import { overHttp } from "../transports.ts";
import { assertDelivered, assertNothingDelivered } from "./checks.ts";
import { bigOffer, paddedMessage } from "./padding.ts";

const info = { side: "server", transports: overHttp } as const;
const limitBytes = 4096;
const protobuf = { "content-type": "application/x-protobuf" };
const gzipped = { ...protobuf, "content-encoding": "gzip" };

/** Cases about the size of HTTP bodies. */
export const httpSizeCases: readonly ServerCase[] = [
  {
    ...info,
    id: "server-limits-inflated-bodies",
    title: "refuses a body that is too large only once it is decompressed",
    requirements: ["S-13", "L-02"],
    async run(context) {
      const server = await context.start({ maxReceiveBytes: limitBytes });
      const body = gzipSync(paddedMessage(await server.connect(), 8 * 1024 * 1024));
      const { status } = await server.post(body, { headers: gzipped });
      assert.notEqual(status, 200);
      await assertNothingDelivered(server);
    },
  },
  {
    ...info,
    id: "server-answers-413-to-inflated-bodies",
    title: "answers 413 to a small body that decompresses to more than its limit",
    requirements: ["S-14"],
    async run(context) {
      const server = await context.start({ maxReceiveBytes: limitBytes });
      const body = gzipSync(paddedMessage(await server.connect(), 16 * limitBytes));
      assert.ok(body.length < limitBytes);
      assert.equal((await server.post(body, { headers: gzipped })).status, 413);
    },
  },
  {
    ...info,
    id: "server-answers-413",
    title: "answers 413 to a body above its limit, with a body that says why",
    requirements: ["S-14", "L-27"],
    async run(context) {
      const server = await context.start({ maxReceiveBytes: limitBytes });
      const agent = await server.connect();
      const { status, content } = await server.post(paddedMessage(agent, 2 * limitBytes));
      assert.equal(status, 413);
      assert.notEqual(content.length, 0);
    },
  },
  ...[
    { name: "configured", limit: limitBytes, settings: { maxReceiveBytes: limitBytes } },
    { name: "default", limit: DEFAULT_MAX_MESSAGE_BYTES, settings: {} },
  ].map(
    ({ name, limit, settings }): ServerCase => ({
      ...info,
      id: `server-http-limit-${name}`,
      deadlineMs: 30_000,
      title: `takes a body of exactly the ${name} limit, and none of a byte more`,
      requirements: ["W-21"],
      async run(context) {
        const server = await context.start(settings);
        const agent = await server.connect();
        assert.equal((await server.post(paddedMessage(agent, limit))).status, 200);
        // A server need not read all of what it refuses; its answer may be lost then.
        const tooLarge = await server.post(paddedMessage(agent, limit + 1)).catch(() => undefined);
        assert.equal(tooLarge?.status ?? 413, 413);
        assert.equal((await agent.exchange()).status, 200);
        assertDelivered(server, 2);
      },
    }),
  ),
  {
    ...info,
    id: "server-limits-responses-before-compression",
    title: "measures a response before it is compressed",
    requirements: ["S-15"],
    async run(context) {
      const server = await context.start({ maxSendBytes: limitBytes });
      const agent = await server.connect();
      const headers = { ...protobuf, "accept-encoding": "gzip" };
      server.application.onNextMessages({ kind: "answer", message: bigOffer(limitBytes / 2) });
      assert.ok((await server.post(agent.encode(), { headers })).message?.remoteConfig);
      server.application.onNextMessages({ kind: "answer", message: bigOffer(16 * limitBytes) });
      const { message } = await server.post(agent.encode(), { headers });
      assert.equal(message?.remoteConfig, undefined);
    },
  },
  {
    ...info,
    id: "server-sends-no-oversized-responses",
    title: "does not send a response above its limit",
    requirements: ["S-16", "S-154"],
    async run(context) {
      const server = await context.start({ maxSendBytes: limitBytes });
      const agent = await server.connect();
      server.application.onNextMessages({ kind: "answer", message: bigOffer(limitBytes / 2) });
      assert.ok((await server.post(agent.encode())).message?.remoteConfig);
      server.application.onNextMessages({ kind: "answer", message: bigOffer(2 * limitBytes) });
      const { body } = await server.post(agent.encode());
      assert.ok(body.length <= limitBytes, `the response has ${body.length} bytes`);
    },
  },
  {
    ...info,
    id: "server-reports-dropped-responses",
    title: "reports a response that is too large to be sent",
    requirements: ["S-17"],
    async run(context) {
      const server = await context.start({ maxSendBytes: limitBytes });
      const agent = await server.connect();
      server.application.onNextMessages({ kind: "answer", message: bigOffer(2 * limitBytes) });
      await server.post(agent.encode());
      const { events } = server.application;
      const event = await events.take({ where: ({ kind }) => kind === "not-sent" });
      assert.deepEqual(event, { kind: "not-sent", code: "message-too-large" });
    },
  },
];

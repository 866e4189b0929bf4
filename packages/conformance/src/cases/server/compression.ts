import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import type { PostOptions } from "../../raw/raw-post.ts";
import type { ServerCase } from "../../runner/conformance-case.ts";
import { hex } from "../bytes.ts";
import { overHttp, overWebSocket } from "../transports.ts";
import { assertDelivered, assertNothingDelivered } from "./checks.ts";
import { bigOffer } from "./padding.ts";

const info = { side: "server", transports: overHttp } as const;
const protobuf = { "content-type": "application/x-protobuf" };

/** Cases about compressed bodies and frames. */
export const compressionCases: readonly ServerCase[] = [
  {
    ...info,
    id: "server-honours-content-encoding",
    title: "decompresses a body by its content encoding, and takes none for gzip without it",
    requirements: ["S-18"],
    async run(context) {
      const server = await context.start();
      const agent = await server.connect();
      const body = gzipSync(agent.encode());
      const headers = { ...protobuf, "content-encoding": "gzip" };
      assert.equal(
        hex((await server.post(body, { headers })).message?.instanceUid),
        hex(agent.instanceUid),
      );
      const undeclared = await server.post(body);
      assert.ok(undeclared.status !== 200 || undeclared.message?.errorResponse);
      assertDelivered(server, 1);
    },
  },
  {
    ...info,
    id: "server-takes-gzip-and-identity",
    title: "delivers the same from a gzip body and from a plain one",
    requirements: ["S-19"],
    async run(context) {
      const server = await context.start();
      const encoded = (await server.connect()).encode({ health: { healthy: true, status: "up" } });
      await server.post(encoded);
      const headers = { ...protobuf, "content-encoding": "gzip" };
      await server.post(gzipSync(encoded), { headers });
      const [plain, ...others] = server.application.delivered.all;
      assert.equal(others.length, 1);
      assert.deepEqual(others[0], plain);
    },
  },
  {
    ...info,
    id: "server-refuses-other-content-encodings",
    title: "refuses a body of an encoding it does not know, and serves on",
    requirements: ["S-18"],
    async run(context) {
      const server = await context.start();
      const agent = await server.connect();
      const headers = { ...protobuf, "content-encoding": "x-unknown" };
      const { status } = await server.post(agent.encode(), { headers });
      assert.ok(status >= 400 && status < 500, `expected a status from 400 to 499, not ${status}`);
      await assertNothingDelivered(server);
    },
  },
  ...[
    { accept: "gzip", encoding: "gzip" },
    { accept: "deflate, gzip;q=0.5", encoding: "gzip" },
    { accept: "gzip;q=0", encoding: undefined },
    { accept: undefined, encoding: undefined },
  ].map(
    ({ accept, encoding }): ServerCase => ({
      ...info,
      id: `server-response-encoding-for-${accept?.replaceAll(/[^a-z0-9]+/g, "-") ?? "none"}`,
      title: `responds with the encoding ${encoding ?? "identity"} to Accept-Encoding ${accept ?? "left out"}`,
      requirements: ["S-20"],
      async run(context) {
        const server = await context.start();
        const agent = await server.connect();
        server.application.onNextMessages({ kind: "answer", message: bigOffer(10_000) });
        const headers: PostOptions["headers"] = accept
          ? { ...protobuf, "accept-encoding": accept }
          : protobuf;
        const response = await server.post(agent.encode(), { headers });
        assert.equal(response.headers["content-encoding"], encoding);
        assert.equal(response.body.length < 10_000, encoding === "gzip");
        assert.equal(response.message?.remoteConfig?.configHash.length, 1);
      },
    }),
  ),
  {
    ...info,
    transports: overWebSocket,
    id: "server-compresses-below-framing",
    title: "keeps the header at the start of messages that permessage-deflate carries",
    requirements: ["W-22"],
    async run(context) {
      const server = await context.start();
      const agent = await server.connectWebSocket({ deflate: true });
      assert.match(String(agent.socket.headers["sec-websocket-extensions"]), /permessage-deflate/);
      const answer = { kind: "answer", message: bigOffer(10_000) } as const;
      server.application.onNextMessages(answer);
      const { message } = await agent.exchange();
      assert.equal(agent.socket.received.all[0]?.bytes[0], 0);
      assert.equal(message?.remoteConfig?.configHash.length, 1);
    },
  },
];

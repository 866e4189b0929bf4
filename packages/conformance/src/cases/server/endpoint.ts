import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { DEFAULT_PATH } from "@opamp/protocol";
import type { ServerCase } from "../../runner/conformance-case.ts";
import { NotSupportedError } from "../../runner/not-supported-error.ts";
import { both, overHttp, overWebSocket } from "../transports.ts";
import { assertNothingDelivered, messageOf } from "./checks.ts";

const key = "dGhlIHNhbXBsZSBub25jZQ==";

/** Cases about where a server is found, and how it tells the transports apart. */
export const endpointCases: readonly ServerCase[] = [
  {
    side: "server",
    transports: both,
    id: "server-takes-both-transports",
    title: "answers WebSocket and HTTP agents at one URL",
    requirements: ["S-01"],
    async run(context) {
      const server = await context.start();
      for (const transport of both) {
        const agent = await server.connect({ transport });
        messageOf(await agent.exchange());
      }
    },
  },
  {
    side: "server",
    transports: both,
    id: "server-default-path",
    title: "serves the path /v1/opamp unless told otherwise",
    requirements: ["W-01"],
    async run(context) {
      const server = await context.start();
      if (new URL(server.url("http")).pathname !== DEFAULT_PATH) {
        throw new NotSupportedError("the server is examined at another path");
      }
      messageOf(await (await server.connect()).exchange());
    },
  },
  {
    side: "server",
    transports: both,
    id: "server-other-path",
    title: "serves the path it is told to serve, and not the default one",
    requirements: ["W-02"],
    async run(context) {
      const server = await context.start({ path: "/fleet/agents" });
      messageOf(await (await server.connect()).exchange());
      const { status } = await server.post(new Uint8Array(), { path: "/v1/opamp" });
      assert.ok(status >= 400 && status < 500, `expected a status from 400 to 499, not ${status}`);
    },
  },
  {
    side: "server",
    transports: overWebSocket,
    id: "server-standard-upgrade",
    title: "answers a standard upgrade request with the standard handshake",
    requirements: ["W-67"],
    async run(context) {
      const server = await context.start();
      const { host, pathname, search } = new URL(server.url("http"));
      const reply = await server.exchangeTcp([
        `GET ${pathname}${search} HTTP/1.1`,
        `host: ${host}`,
        "connection: Upgrade",
        "upgrade: websocket",
        "sec-websocket-version: 13",
        `sec-websocket-key: ${key}`,
      ]);
      const expected = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`);
      assert.match(reply, /^HTTP\/1.1 101 /);
      assert.match(reply.toLowerCase(), /\r\nupgrade: websocket\r\n/);
      assert.ok(reply.includes(`: ${expected.digest("base64")}\r\n`), "the accept key is wrong");
    },
  },
  {
    side: "server",
    transports: overHttp,
    id: "server-dispatches-by-content-type",
    title: "does not take a POST of another content type for an AgentToServer",
    requirements: ["S-11"],
    async run(context) {
      const server = await context.start();
      const body = (await server.connect()).encode();
      const headers = { "content-type": "text/plain" };
      const { status } = await server.post(body, { headers });
      assert.ok(status >= 400 && status < 500, `expected a status from 400 to 499, not ${status}`);
      await assertNothingDelivered(server);
    },
  },
  {
    side: "server",
    transports: overHttp,
    id: "server-accepts-content-type-parameters",
    title: "accepts parameters on the content type of a request",
    requirements: ["L-27"],
    async run(context) {
      const server = await context.start();
      const body = (await server.connect()).encode();
      const headers = { "content-type": "application/x-protobuf; charset=utf-8" };
      assert.ok((await server.post(body, { headers })).message);
    },
  },
];

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { post } from "../../raw/raw-post.ts";
import { exchangeTcp } from "../../raw/raw-tcp.ts";
import type { ServerCase } from "../../runner/conformance-case.ts";
import { both, overHttp, overWebSocket } from "../transports.ts";
import { assertNothingDelivered, messageOf } from "./checks.ts";

const key = "dGhlIHNhbXBsZSBub25jZQ==";

/** Cases about where a server is found, and how it tells the transports apart. */
export const endpointCases: readonly ServerCase[] = [
  {
    side: "server",
    transports: overWebSocket,
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
      assert.equal(new URL(server.url("http")).pathname, "/v1/opamp");
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
      const { status } = await post(server.url("http", "/v1/opamp"), new Uint8Array());
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
      const { host, pathname, port } = new URL(server.url("http"));
      const reply = await exchangeTcp(
        Number(port),
        `GET ${pathname} HTTP/1.1\r\nhost: ${host}\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: ${key}\r\n\r\n`,
      );
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

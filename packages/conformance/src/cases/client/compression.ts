import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { encodeServerToAgent } from "@opamp/protocol";
import type { ClientCase } from "../../runner/conformance-case.ts";
import { overHttp, overWebSocket } from "../transports.ts";
import { probe, takeProbe, withProbe } from "./probe.ts";
import { startSession, takeReport } from "./session.ts";

const info = { side: "client", transports: overHttp } as const;
const compressible = {
  capabilities: ["ReportsHealth"],
  health: { healthy: true, status: "x".repeat(20_000) },
} as const;

/** Cases about compressed bodies and frames. */
export const compressionCases: readonly ClientCase[] = [
  {
    ...info,
    id: "client-compresses-requests",
    title: "compresses a request body with gzip when it is told to",
    requirements: ["C-29"],
    async run(context) {
      const { server } = await startSession(context, { ...compressible, compression: true });
      const [request] = server.requests.all;
      assert.equal(
        Buffer.from(request?.received.bytes.subarray(0, 2) ?? []).toString("hex"),
        "1f8b",
      );
      assert.equal(request?.received.message?.health?.status.length, 20_000);
    },
  },
  ...[true, false].map(
    (compression): ClientCase => ({
      ...info,
      id: `client-declares-${compression ? "gzip" : "no-encoding"}`,
      title: compression
        ? "declares gzip exactly on the requests that it compresses"
        : "declares no encoding when it does not compress",
      requirements: ["C-30"],
      async run(context) {
        const { server, client } = await startSession(context, { ...compressible, compression });
        client.setHealth({ healthy: false });
        await takeReport(server, "health");
        for (const { headers, received } of server.requests.all) {
          const isGzip = received.bytes[0] === 0x1f && received.bytes[1] === 0x8b;
          assert.equal(headers["content-encoding"], isGzip ? "gzip" : undefined);
        }
      },
    }),
  ),
  {
    ...info,
    id: "client-reads-compressed-responses",
    title: "reads a response in the encoding that it accepts",
    requirements: ["C-31"],
    async run(context) {
      const { server, client } = await startSession(context, { ...withProbe, compression: true });
      const [request] = server.requests.all;
      assert.match(String(request?.headers["accept-encoding"]), /gzip/);
      const { instanceUid } = request?.received.message ?? {};
      const bytes = gzipSync(encodeServerToAgent({ instanceUid, ...probe("compressed") }));
      server.onNextMessages({ kind: "bytes", bytes, headers: { "content-encoding": "gzip" } });
      assert.equal((await takeProbe(client)).type, "compressed");
    },
  },
  {
    ...info,
    id: "client-survives-unknown-encodings",
    title: "takes a response of an encoding it does not know for a failed exchange, and goes on",
    requirements: ["L-03"],
    async run(context) {
      const { server, client } = await startSession(context, withProbe);
      const { instanceUid } = server.messages.all[0]?.message ?? {};
      const bytes = encodeServerToAgent({ instanceUid, ...probe("wrong") });
      server.onNextMessages({ kind: "bytes", bytes, headers: { "content-encoding": "x-odd" } });
      await server.messages.take();
      await server.messages.take();
      await server.say(probe("right"));
      assert.equal((await takeProbe(client)).type, "right");
    },
  },
  {
    ...info,
    transports: overWebSocket,
    id: "client-compresses-below-framing",
    title: "keeps the header at the start of messages that permessage-deflate carries",
    requirements: ["W-22"],
    async run(context) {
      const settings = { ...compressible, compression: true };
      const { server, first } = await startSession(context, settings, { deflate: true });
      const extensions = server.upgrades.all[0]?.headers["sec-websocket-extensions"];
      assert.match(String(extensions), /permessage-deflate/);
      assert.equal(server.messages.all[0]?.bytes[0], 0);
      assert.equal(first.health?.status.length, 20_000);
    },
  },
];

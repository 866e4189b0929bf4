// The fetch handler on the HTTP server that a runtime brings: a message, gzip both ways, a bomb.

import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import * as protocol from "@opamp/protocol";
import { createFetchHandler } from "@opamp/server/fetch";

const offered = { config: { configMap: { "": { body: Uint8Array.of(1) } } } };
const remoteConfig = { ...offered, configHash: Uint8Array.of(7) };
const handler = createFetchHandler({
  limits: { maxReceiveBytes: 1_000_000 },
  capabilities: ["OffersRemoteConfig"],
  callbacks: { onMessage: () => ({ remoteConfig }) },
});
const { origin, stop } = await serve(handler.fetch);

const uid = protocol.createInstanceUid();
const instanceUid = protocol.bytesFromInstanceUid(uid);
const body = protocol.encodeAgentToServer({ instanceUid, capabilities: 3n });

const answered = await post(body);
assert.equal(answered.status, 200);
const answer = protocol.decodeServerToAgent(new Uint8Array(await answered.arrayBuffer()));
assert.equal(protocol.instanceUidFromBytes(answer.instanceUid), uid);
assert.deepEqual([...answer.remoteConfig.configHash], [7]);

const gzip = { "content-encoding": "gzip", "accept-encoding": "gzip" };
assert.equal((await post(gzipSync(body), gzip)).status, 200);
const bomb = gzipSync(new Uint8Array(100_000_000));
assert.equal((await post(bomb, gzip)).status, 413);
assert.equal((await post(gzipSync(body).subarray(0, 20), gzip)).status, 400);
assert.equal((await fetch(`${origin}/v1/opamp`)).status, 405);
assert.equal((await fetch(`${origin}/v1/else`)).status, 404);

await handler.close();
assert.equal((await post(body)).status, 503);
await stop();

function post(bytes, headers = {}) {
  const all = { "content-type": "application/x-protobuf", ...headers };
  return fetch(`${origin}/v1/opamp`, { method: "POST", headers: all, body: bytes });
}

async function serve(fetch) {
  if (globalThis.Bun) {
    const server = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: (request) => fetch(request),
    });
    return { origin: server.url.origin, stop: () => server.stop(true) };
  }
  const listening = Promise.withResolvers();
  const options = { port: 0, hostname: "127.0.0.1", onListen: listening.resolve };
  const server = Deno.serve(options, (request) => fetch(request));
  const { port } = await listening.promise;
  return { origin: `http://127.0.0.1:${port}`, stop: () => server.shutdown() };
}

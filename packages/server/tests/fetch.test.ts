import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import {
  bytesFromInstanceUid,
  createInstanceUid,
  decodeServerToAgent,
  encodeAgentToServer,
} from "@opamp/protocol";
import { createFetchHandler } from "@opamp/server/fetch";
import { createFakeClock } from "@opamp/test-kit";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";
import { pollMessage } from "./_util/http-agent.ts";

const url = "http://localhost/v1/opamp";

function message(body: Uint8Array, headers: Record<string, string> = {}): Request {
  const type = { "content-type": "application/x-protobuf" };
  return new Request(url, { method: "POST", headers: { ...type, ...headers }, body });
}

interface EndlessBody {
  readonly request: Request;
  /** Resolves when nobody wants it any more. */
  readonly givenUp: Promise<void>;
}

/** A body that does not end: of this chunk over and over, or silent. */
function endlessBody(chunk?: Uint8Array): EndlessBody {
  const givenUp = Promise.withResolvers<void>();
  const body = new ReadableStream({
    pull: (controller) => chunk && controller.enqueue(chunk),
    cancel: () => givenUp.resolve(),
  });
  const init = { method: "POST", headers: { "content-type": "application/x-protobuf" }, body };
  return { request: new Request(url, { ...init, duplex: "half" }), givenUp: givenUp.promise };
}

describe("the fetch handler", () => {
  it("needs no module of Node.js and no WebSocket library", async () => {
    const source = join(import.meta.dirname, "..", "src");
    const { metafile } = await build({
      entryPoints: [join(source, "fetch", "index.ts")],
      bundle: true,
      write: false,
      metafile: true,
      packages: "external",
      platform: "neutral",
      format: "esm",
    });
    const imports = Object.values(metafile.outputs).flatMap((output) => output.imports);
    expect(new Set(imports.map(({ path }) => path))).toEqual(
      new Set(["@opamp/protocol", "@opamp/protocol/internal"]),
    );
  });

  it("counts what it does", async () => {
    await using handler = createFetchHandler();
    await handler.fetch(message(pollMessage().body));
    await handler.fetch(new Request(url));
    await handler.close();
    const { http, websocket } = handler.stats();
    expect(http).toMatchObject({ open: 0, opened: 1, messagesReceived: 1, messagesSent: 1 });
    expect(http.closed.answered).toBe(1);
    expect(http.refused.malformed).toBe(1);
    expect(websocket).toMatchObject({ opened: 0, agents: 0 });
  });

  it("says to an agent that wants a WebSocket that there is none", async () => {
    await using handler = createFetchHandler();
    const response = await handler.fetch(new Request(url));
    expect(response.status).toBe(405);
    expect(await response.text()).toBe(
      "no WebSocket is spoken here, only OpAMP over HTTP, by POST\n",
    );
  });

  it("may be handed over without its object, and told who asks", async () => {
    const addresses: unknown[] = [];
    await using handler = createFetchHandler({
      callbacks: {
        onConnected: ({ request }) => {
          addresses.push([request.remoteAddress, request.remotePort, request.encrypted]);
        },
      },
    });
    const { fetch } = handler;
    await fetch(message(pollMessage().body));
    await fetch(message(pollMessage().body), { remoteAddress: "192.0.2.1", remotePort: 7 });
    expect(addresses).toEqual([
      [undefined, undefined, false],
      ["192.0.2.1", 7, false],
    ]);
  });

  it("serves its path and no other [W-02]", async () => {
    await using handler = createFetchHandler({ path: "/agents" });
    expect((await handler.fetch(message(pollMessage().body))).status).toBe(404);
    const moved = new Request("http://localhost/agents?a=b", message(pollMessage().body));
    expect((await handler.fetch(moved)).status).toBe(200);
  });

  it("compresses and decompresses large messages in both ways [S-19 S-20]", async () => {
    const random = crypto.getRandomValues(new Uint8Array(60_000));
    const uid = bytesFromInstanceUid(createInstanceUid());
    const data = Buffer.concat([random, Buffer.alloc(200_000, 3)]);
    const customMessage = { capability: "io.example", type: "blob", data };
    await using handler = createFetchHandler({
      callbacks: {
        onMessage: (_, { customMessage: echoed }) => echoed && { customMessage: echoed },
      },
    });
    const body = gzipSync(encodeAgentToServer({ instanceUid: uid, customMessage }));
    const headers = { "content-encoding": "gzip", "accept-encoding": "gzip" };
    const response = await handler.fetch(message(body, headers));
    expect(response.headers.get("content-encoding")).toBe("gzip");
    const answer = decodeServerToAgent(gunzipSync(new Uint8Array(await response.arrayBuffer())));
    expect(Buffer.from(answer.customMessage?.data ?? []).equals(data)).toBe(true);
  });

  it("gives up a body that is too large, and one that does not arrive in time [S-13]", async () => {
    const clock = createFakeClock();
    await using handler = createFetchHandler({
      clock,
      limits: { maxReceiveBytes: 1000 },
      timeouts: { requestMs: 30_000 },
    });
    const large = endlessBody(new Uint8Array(100));
    expect((await handler.fetch(large.request)).status).toBe(413);
    await large.givenUp;
    const silent = endlessBody();
    const answered = handler.fetch(silent.request);
    await clock.advance(30_000);
    expect((await answered).status).toBe(408);
    await expect(silent.givenUp).resolves.toBeUndefined();
  });

  it("says so when somebody else has read the body", async () => {
    const codes: unknown[] = [];
    await using handler = createFetchHandler({
      callbacks: { onReadMessageError: (_, { code }) => codes.push(code) },
    });
    const request = message(pollMessage().body);
    await request.arrayBuffer();
    expect((await handler.fetch(request)).status).toBe(500);
    expect(codes).toEqual(["invalid-state"]);
  });

  it("cuts at the deadline of close what is under way, and answers no more [L-29]", async () => {
    const clock = createFakeClock();
    const asked = Promise.withResolvers<void>();
    const handler = createFetchHandler({
      clock,
      callbacks: {
        onMessage() {
          asked.resolve();
          return new Promise(() => undefined);
        },
      },
    });
    const stuck = handler.fetch(message(pollMessage().body));
    await asked.promise;
    const closed = handler.close({ deadlineMs: 5000 });
    expect((await handler.fetch(message(pollMessage().body))).status).toBe(503);
    await clock.advance(5000);
    await closed;
    expect((await stuck).status).toBe(503);
    await handler.close();
  });
});

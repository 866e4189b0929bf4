import { once } from "node:events";
import { gunzipSync, gzipSync } from "node:zlib";
import {
  bitsFromAgentCapabilities,
  bytesFromInstanceUid,
  createInstanceUid,
  decodeFrame,
  decodeServerToAgent,
  encodeAgentToServer,
  encodeFrame,
  type InstanceUid,
  instanceUidFromBytes,
  ServerErrorResponseType,
  type ServerToAgent,
} from "@opamp/protocol";
import {
  type CloseReason,
  createAgentTracker,
  createRemoteConfigOffer,
  type Desired,
  type ServerSettings,
} from "@opamp/server";
import { createCertificateAuthority, eventually, type KeyedCertificate } from "@opamp/test-kit";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { type Adapter, adapters, type Mounted } from "./_util/adapters.ts";
import { createHttpPeer, type HttpPeer } from "./_util/http-peer.ts";

let ca = "";
let certificate: KeyedCertificate;
beforeAll(async () => {
  const authority = await createCertificateAuthority();
  ca = authority.cert;
  certificate = await authority.issueServer();
});

interface Place {
  readonly mounted: Mounted;
  readonly peer: HttpPeer;
}

async function mount(adapter: Adapter, settings: ServerSettings = {}): Promise<Place> {
  const mounted = await adapter.mount(settings, certificate);
  onTestFinished(() => mounted[Symbol.asyncDispose]());
  const peer = createHttpPeer({ origin: mounted.origin, http2: adapter.http2, ca });
  onTestFinished(() => peer[Symbol.dispose]());
  return { mounted, peer };
}

const headers = { "content-type": "application/x-protobuf" };

function poll(): { readonly uid: InstanceUid; readonly body: Uint8Array } {
  const uid = createInstanceUid();
  const instanceUid = bytesFromInstanceUid(uid);
  return { uid, body: encodeAgentToServer({ instanceUid, sequenceNum: 1n }) };
}

/** The message in a body, and whose it is. */
function answerIn(body: Uint8Array): {
  readonly message: ServerToAgent;
  readonly uid: InstanceUid;
} {
  const message = decodeServerToAgent(body);
  return { message, uid: instanceUidFromBytes(message.instanceUid) };
}

describe.each(adapters)("$name", (adapter) => {
  it("answers a message with the application's, to the agent that sent it [S-09 S-24 W-18 L-27]", async () => {
    const reasons: CloseReason[] = [];
    const { peer } = await mount(adapter, {
      callbacks: {
        onMessage: (_, { sequenceNum }) => ({ flags: sequenceNum }),
        onConnectionClosed: (_, reason) => reasons.push(reason),
      },
    });
    const { uid, body } = poll();
    const response = await peer.send({ headers, body });
    expect(response).toMatchObject({ status: 200, headers });
    expect(answerIn(response.body)).toMatchObject({ uid, message: { flags: 1n } });
    await eventually(() =>
      expect(reasons).toEqual([{ by: "agent", code: 1000, agentDisconnect: false }]),
    );
  });

  it("tells the application what the agent's request says", async () => {
    const told: unknown[] = [];
    const { mounted, peer } = await mount(adapter, {
      callbacks: {
        onMessage({ request: { transport, url, encrypted, headers } }) {
          told.push({ transport, url, encrypted, token: headers.authorization });
        },
      },
    });
    const token = "Bearer secret";
    const path = "/v1/opamp?tenant=a";
    await peer.send({ headers: { ...headers, authorization: token }, path, body: poll().body });
    const encrypted = mounted.origin.startsWith("https:");
    expect(told).toEqual([{ transport: "http", url: path, encrypted, token }]);
  });

  it("knows the media type whatever its case and parameters [S-11 L-27]", async () => {
    const { peer } = await mount(adapter);
    const type = { "content-type": "Application/X-Protobuf; charset=utf-8" };
    expect((await peer.send({ headers: type, body: poll().body })).status).toBe(200);
  });

  it("takes gzip and identity, and answers with gzip where the agent takes it [S-18 S-19 S-20]", async () => {
    const { peer } = await mount(adapter);
    const { uid, body } = poll();
    for (const [coding, bytes] of [
      ["gzip", gzipSync(body)],
      ["identity", body],
    ] as const) {
      const response = await peer.send({
        headers: { ...headers, "content-encoding": coding, "accept-encoding": "gzip" },
        body: bytes,
      });
      expect(response.headers["content-encoding"]).toBe("gzip");
      expect(answerIn(gunzipSync(response.body)).uid).toBe(uid);
    }
  });

  it("answers bytes that are no message with 400 and a BAD_REQUEST [S-121 S-122 A-13]", async () => {
    const { peer } = await mount(adapter);
    const uid = createInstanceUid();
    const response = await peer.send({
      headers: { ...headers, "opamp-instance-uid": uid },
      body: Buffer.from("nonsense"),
    });
    expect(response.status).toBe(400);
    const errorResponse = { type: ServerErrorResponseType.BadRequest };
    expect(answerIn(response.body)).toMatchObject({ uid, message: { errorResponse } });
  });

  it("answers corrupt gzip with 400 and a BAD_REQUEST [S-121 S-122]", async () => {
    const { peer } = await mount(adapter);
    const response = await peer.send({
      headers: { ...headers, "content-encoding": "gzip" },
      body: gzipSync(poll().body).subarray(0, 20),
    });
    expect(response.status).toBe(400);
    expect(decodeServerToAgent(response.body).errorResponse?.errorMessage).toContain("gzip");
  });

  it.each([
    ["more bytes than the limit", Buffer.alloc(100_000, 1), "identity"],
    ["a deflate bomb", gzipSync(Buffer.alloc(5_000_000)), "gzip"],
  ])("answers %s with 413 [S-13 L-02]", async (_, body, coding) => {
    const { peer } = await mount(adapter, { limits: { maxReceiveBytes: 10_000 } });
    const response = await peer.send({ headers: { ...headers, "content-encoding": coding }, body });
    expect(response.status).toBe(413);
    expect(response.body.toString()).toBe("the message is larger than 10000 bytes\n");
    expect((await peer.send({ headers, body: poll().body })).status).toBe(200);
  });

  it("answers another media type and an unknown coding with 415 [S-11 S-18]", async () => {
    const { peer } = await mount(adapter);
    const json = { "content-type": "application/json" };
    const type = await peer.send({ headers: json, body: Buffer.from("{}") });
    expect(type.status).toBe(415);
    expect(type.body.toString()).toContain("application/x-protobuf");
    const brotli = { ...headers, "content-encoding": "br" };
    const coding = await peer.send({ headers: brotli, body: poll().body });
    expect(coding).toMatchObject({ status: 415, headers: { "accept-encoding": "gzip, identity" } });
  });

  it("answers another method with 405, and a path that is not its own with 404", async () => {
    const { peer } = await mount(adapter);
    const method = await peer.send({ method: "PUT", headers, body: poll().body });
    expect(method).toMatchObject({ status: 405, headers: { allow: "POST" } });
    expect((await peer.send({ path: "/v1/else", headers, body: poll().body })).status).toBe(404);
  });

  it("answers a refused agent as the application wants it [S-147 S-148]", async () => {
    const refusal = { accept: false, status: 401, headers: { "WWW-Authenticate": "Bearer" } };
    const { peer } = await mount(adapter, { callbacks: { onConnecting: () => refusal as never } });
    const response = await peer.send({ headers, body: poll().body });
    expect(response).toMatchObject({ status: 401, headers: { "www-authenticate": "Bearer" } });
    expect(response.body.toString()).toBe("Unauthorized\n");
  });

  it("answers many agents at a time, each its own [S-24]", async () => {
    const all = Promise.withResolvers<void>();
    let asked = 0;
    const { peer } = await mount(adapter, {
      callbacks: {
        async onMessage() {
          asked += 1;
          if (asked === 20) all.resolve();
          await all.promise;
        },
      },
    });
    const polls = Array.from({ length: 20 }, poll);
    const responses = await Promise.all(polls.map(({ body }) => peer.send({ headers, body })));
    const uids = responses.map(({ body }) => answerIn(body).uid);
    expect(uids).toEqual(polls.map(({ uid }) => uid));
  });

  it("answers what is under way while it closes, and no more after that [L-29]", async () => {
    const gate = Promise.withResolvers<void>();
    let asked = 0;
    const { mounted, peer } = await mount(adapter, {
      callbacks: {
        async onMessage() {
          asked += 1;
          await gate.promise;
        },
      },
    });
    const answered = peer.send({ headers, body: poll().body });
    await eventually(() => expect(asked).toBe(1));
    const closed = mounted.close();
    gate.resolve();
    expect((await answered).status).toBe(200);
    await closed;
    const late = peer.send({ headers, body: poll().body });
    const status = await late.then((response) => response.status).catch(() => "refused");
    expect([404, 503, "refused"]).toContain(status);
    expect(asked).toBe(1);
  });

  it("keeps what an agent is to have until it polls again, and the agent as known [S-10 W-68]", async () => {
    let desired: Desired = {};
    await using tracker = createAgentTracker({ desired: () => desired });
    const { callbacks, capabilities } = tracker;
    const { peer } = await mount(adapter, { callbacks, capabilities });
    const uid = createInstanceUid();
    const ask = async (sequenceNum: bigint) => {
      const agentCapabilities = bitsFromAgentCapabilities(["ReportsStatus", "AcceptsRemoteConfig"]);
      const agentDescription = { identifyingAttributes: [] };
      const report = { instanceUid: bytesFromInstanceUid(uid), sequenceNum, agentDescription };
      const body = encodeAgentToServer({ ...report, capabilities: agentCapabilities });
      return answerIn((await peer.send({ headers, body })).body).message;
    };
    expect((await ask(1n)).remoteConfig).toBeUndefined();
    desired = { remoteConfig: createRemoteConfigOffer({ "edge.yaml": "interval: 10s" }) };
    await eventually(() => expect(tracker.agent(uid)?.presence).toBe("polling"));
    expect(await tracker.refresh(uid)).toBe("waiting");
    const { remoteConfig } = await ask(2n);
    expect(Object.keys(remoteConfig?.config?.configMap ?? {})).toEqual(["edge.yaml"]);
    expect(tracker.agents().map((agent) => agent.uid)).toEqual([uid]);
  });

  it("tells the application when an agent goes away unanswered", async () => {
    const gone = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    const { peer } = await mount(adapter, {
      callbacks: {
        async onMessage({ request }) {
          request.signal.addEventListener("abort", () => gone.resolve());
          asked.resolve();
          await gone.promise;
        },
      },
    });
    const leaving = new AbortController();
    const sent = peer.send({ headers, body: poll().body, signal: leaving.signal });
    const left = expect(sent).rejects.toThrow("abort");
    await asked.promise;
    leaving.abort();
    await left;
    await expect(gone.promise).resolves.toBeUndefined();
  });
});

describe.each(adapters.filter(({ webSocket }) => webSocket))("$name, WebSocket", (adapter) => {
  it("answers a message, and says that it goes away [S-01 S-24 S-134 L-29]", async () => {
    const { mounted } = await mount(adapter);
    const webSocket = new WebSocket(`${mounted.origin.replace("http", "ws")}/v1/opamp`, { ca });
    await once(webSocket, "open");
    const { uid, body } = poll();
    webSocket.send(encodeFrame(body));
    const [data] = (await once(webSocket, "message")) as [Buffer];
    expect(answerIn(decodeFrame(data)).uid).toBe(uid);
    const closed = once(webSocket, "close");
    await mounted.close();
    expect(await closed).toEqual([1001, Buffer.from("the server is shutting down")]);
  });

  it("opens none at another path", async () => {
    const { mounted } = await mount(adapter);
    const webSocket = new WebSocket(`${mounted.origin.replace("http", "ws")}/v1/else`, { ca });
    await expect(once(webSocket, "open")).rejects.toThrow("404");
    const nowhere = new WebSocket(`${mounted.origin.replace("http", "ws")}//`, { ca });
    await expect(once(nowhere, "open")).rejects.toThrow("404");
  });
});

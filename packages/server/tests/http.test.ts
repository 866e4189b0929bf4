import { connect } from "node:net";
import { gunzipSync, gzipSync } from "node:zlib";
import { createInstanceUid, ServerErrorResponseType } from "@opamp/protocol";
import type { CloseReason } from "@opamp/server";
import { describe, expect, it } from "vitest";
import { messageOf, pollMessage, post, send } from "./_util/http-agent.ts";
import { startServer } from "./_util/test-server.ts";

describe("OpAMP over HTTP", () => {
  it("answers a message with a message of exactly that media type [S-09 S-12 S-24 W-18 L-27]", async () => {
    const log: unknown[] = [];
    await using running = await startServer({
      customCapabilities: ["io.example.chat"],
      callbacks: {
        onConnected: ({ transport }) => void log.push(transport),
        onMessage: (_, { sequenceNum }) => ({ flags: sequenceNum }),
        onConnectionClosed: (_, reason) => log.push(reason),
      },
    });
    const { uid, body } = pollMessage();
    const response = await post(running.httpUrl, body);
    expect(response.status).toBe(200);
    expect(response.headers["content-type"]).toBe("application/x-protobuf");
    expect(messageOf(response)).toMatchObject({
      instanceUid: Buffer.from(uid),
      flags: 1n,
      customCapabilities: { capabilities: ["io.example.chat"] },
    });
    const reason: CloseReason = { by: "agent", code: 1000, agentDisconnect: false };
    expect(log).toEqual(["http", reason]);
  });

  it("acknowledges when the callback says nothing, with the capabilities in each answer [S-35 S-46 A-26]", async () => {
    await using running = await startServer();
    const { uid, body } = pollMessage();
    for (let i = 0; i < 2; i += 1) {
      const { body: answer } = await post(running.httpUrl, body);
      expect([...answer]).toEqual([0x0a, 16, ...uid, 0x38, 1]);
    }
  });

  it("is recognised whatever the parameters and the case of the Content-Type [S-11 L-27]", async () => {
    await using running = await startServer();
    const headers = { "content-type": "Application/X-Protobuf; charset=utf-8" };
    expect((await post(running.httpUrl, pollMessage().body, { headers })).status).toBe(200);
  });

  it("takes gzip and identity bodies alike [S-18 S-19]", async () => {
    await using running = await startServer();
    const { uid, body } = pollMessage();
    for (const [coding, bytes] of [
      ["gzip", gzipSync(body)],
      ["GZIP", gzipSync(body)],
      ["identity", body],
    ] as const) {
      const response = await post(running.httpUrl, bytes, {
        headers: { "content-encoding": coding },
      });
      expect(messageOf(response).instanceUid).toEqual(Buffer.from(uid));
    }
  });

  it("compresses the answer where the agent takes it [S-20]", async () => {
    await using running = await startServer();
    const { uid, body } = pollMessage();
    const taken = await post(running.httpUrl, body, { headers: { "accept-encoding": "gzip" } });
    expect(taken.headers["content-encoding"]).toBe("gzip");
    expect(messageOf({ ...taken, body: gunzipSync(taken.body) })).toMatchObject({
      instanceUid: Buffer.from(uid),
    });
    const refused = await post(running.httpUrl, body, {
      headers: { "accept-encoding": "gzip;q=0" },
    });
    expect(refused.headers["content-encoding"]).toBeUndefined();
    expect(messageOf(refused).instanceUid).toEqual(Buffer.from(uid));
  });

  it("compresses nothing when told not to", async () => {
    await using running = await startServer({ compression: false });
    const headers = { "accept-encoding": "gzip" };
    const response = await post(running.httpUrl, pollMessage().body, { headers });
    expect(response.headers["content-encoding"]).toBeUndefined();
  });

  it("tells the application when an agent said goodbye [S-135]", async () => {
    const reasons: CloseReason[] = [];
    await using running = await startServer({
      callbacks: { onConnectionClosed: (_, reason) => reasons.push(reason) },
    });
    const goodbye = Buffer.concat([pollMessage().body, Buffer.from([0x4a, 0])]);
    const response = await post(running.httpUrl, goodbye);
    expect(response.status).toBe(200);
    expect(reasons).toEqual([{ by: "agent", code: 1000, agentDisconnect: true }]);
  });

  it("answers Unknown without detail when the callback throws [S-36 S-125 L-07]", async () => {
    await using running = await startServer({
      callbacks: {
        onMessage: () => {
          throw new Error("password=hunter2");
        },
      },
    });
    const { uid, body } = pollMessage();
    const response = await post(running.httpUrl, body);
    expect(messageOf(response)).toMatchObject({
      instanceUid: Buffer.from(uid),
      capabilities: 0n,
      errorResponse: { type: ServerErrorResponseType.Unknown },
    });
    expect(response.body.toString()).not.toContain("hunter2");
  });

  it("hands out no new uid that is not 16 bytes [S-22]", async () => {
    const newInstanceUid = new Uint8Array(8).fill(1);
    await using running = await startServer({
      callbacks: { onMessage: () => ({ agentIdentification: { newInstanceUid } }) },
    });
    const answer = messageOf(await post(running.httpUrl, pollMessage().body));
    expect(answer.agentIdentification).toBeUndefined();
    expect(answer.errorResponse?.type).toBe(ServerErrorResponseType.Unknown);
  });

  it("cannot be pushed to or disconnected", async () => {
    const codes: unknown[] = [];
    const note = (error: { code?: unknown }) => void codes.push(error.code);
    await using running = await startServer({
      callbacks: {
        onMessage: async (connection) => {
          await connection.send({ flags: 1n }).catch(note);
          await connection.disconnect().catch(note);
        },
      },
    });
    expect((await post(running.httpUrl, pollMessage().body)).status).toBe(200);
    expect(codes).toEqual(["invalid-state", "invalid-state"]);
  });

  it("notices an agent that goes away while the application thinks", async () => {
    const seen = Promise.withResolvers<void>();
    const aborted = Promise.withResolvers<void>();
    const lost = Promise.withResolvers<[string, CloseReason]>();
    let code = "";
    await using running = await startServer({
      callbacks: {
        onMessage: async (connection) => {
          connection.request.signal.addEventListener("abort", () => aborted.resolve());
          seen.resolve();
          await aborted.promise;
        },
        onMessageResponseError: (_, __, error) => {
          code = error.code;
        },
        onConnectionClosed: (_, reason) => lost.resolve([code, reason]),
      },
    });
    const { body } = pollMessage();
    const socket = connect(running.port, "127.0.0.1");
    socket.write(
      `POST /v1/opamp HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\nContent-Length: ${body.length}\r\n\r\n`,
    );
    socket.write(body);
    await seen.promise;
    socket.destroy();
    expect(await lost.promise).toEqual(["connection-lost", { by: "network", code: 1006 }]);
  });
});

describe("a body that is no message", () => {
  it.each([
    ["garbage", Buffer.from("not protobuf at all")],
    ["nothing", new Uint8Array()],
    ["a uid of 8 bytes", Buffer.from([0x0a, 8, 1, 2, 3, 4, 5, 6, 7, 8])],
    ["a uid of 36 text bytes", Buffer.from(`\n\x24${createInstanceUid()}`)],
    ["a uid of zeros", Buffer.from([0x0a, 16, ...new Uint8Array(16)])],
    ["half a message", pollMessage().body.subarray(0, 10)],
  ])(
    "is answered with 400 and BAD_REQUEST: %s [S-121 S-122 S-123 S-126 S-127 L-28]",
    async (_, body) => {
      const errors: string[] = [];
      await using running = await startServer({
        callbacks: {
          onMessage: () => void errors.push("delivered"),
          onReadMessageError: (__, error) => errors.push(error.code),
        },
      });
      const response = await post(running.httpUrl, body);
      expect(response.status).toBe(400);
      expect(response.headers["content-type"]).toBe("application/x-protobuf");
      const { instanceUid, errorResponse } = messageOf(response);
      expect(instanceUid).toHaveLength(0);
      expect(errorResponse?.type).toBe(ServerErrorResponseType.BadRequest);
      expect(errorResponse?.errorMessage).not.toBe("");
      expect(errors).toEqual(["malformed-message"]);
    },
  );

  it("is answered with the uid of the header when there is one [A-13]", async () => {
    await using running = await startServer();
    const uid = createInstanceUid();
    const headers = { "opamp-instance-uid": uid };
    const response = await post(running.httpUrl, Buffer.from([0xff]), { headers });
    expect(messageOf(response).instanceUid.toString()).toBe(
      Buffer.from(uid.replaceAll("-", ""), "hex").toString(),
    );
  });

  it("is answered with 400 when it is not the gzip it claims to be [S-18 S-121]", async () => {
    await using running = await startServer();
    const headers = { "content-encoding": "gzip" };
    for (const body of [pollMessage().body, gzipSync(pollMessage().body).subarray(0, 20)]) {
      const response = await post(running.httpUrl, body, { headers });
      expect(response.status).toBe(400);
      expect(messageOf(response).errorResponse?.type).toBe(ServerErrorResponseType.BadRequest);
    }
  });

  it("is refused with 415 and what would do when its coding is unknown [S-18 L-03]", async () => {
    await using running = await startServer();
    const headers = { "content-encoding": "br" };
    const response = await post(running.httpUrl, pollMessage().body, { headers });
    expect(response.status).toBe(415);
    expect(response.headers["accept-encoding"]).toBe("gzip, identity");
    expect(response.body.toString()).toContain("gzip");
  });

  it("is refused with 408 when it does not arrive in time, and its socket is closed", async () => {
    await using running = await startServer({ timeouts: { requestMs: 50 } });
    const socket = connect(running.port, "127.0.0.1");
    socket.write(
      "POST /v1/opamp HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\nContent-Length: 9\r\n\r\n",
    );
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).toString()).toMatch(/^HTTP\/1\.1 408 /);
  });
});

describe("a request that is not OpAMP over HTTP", () => {
  it.each([
    ["GET", {}, 426, "upgrade to WebSocket"],
    ["POST", {}, 415, "application/x-protobuf"],
    ["POST", { "content-type": "application/json" }, 415, "application/x-protobuf"],
    ["PUT", { "content-type": "application/x-protobuf" }, 405, "POST"],
    ["GET", { "content-type": "application/x-protobuf" }, 405, "POST"],
    ["DELETE", {}, 405, "POST"],
  ])(
    "is refused with a sentence that helps: %s %j [S-11 L-27]",
    async (method, headers, status, text) => {
      let asked = 0;
      await using running = await startServer({
        callbacks: {
          onConnecting: () => {
            asked += 1;
            return { accept: true };
          },
        },
      });
      const response = await send(running.httpUrl, { method, headers });
      expect(response.status).toBe(status);
      expect(response.body.toString()).toContain(text);
      expect(response.headers.allow !== undefined).toBe(status === 405);
      expect(asked).toBe(0);
    },
  );

  it("is refused with 404 on another path of a port of ours", async () => {
    await using running = await startServer();
    const url = `http://127.0.0.1:${running.port}/v1/other`;
    const response = await post(url, pollMessage().body);
    expect(response.status).toBe(404);
    expect(response.body.toString()).not.toBe("");
  });
});

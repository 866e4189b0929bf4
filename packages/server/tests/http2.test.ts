import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  createServer,
  type IncomingHttpHeaders,
} from "node:http2";
import type { AddressInfo, Server } from "node:net";
import { text } from "node:stream/consumers";
import { createOpAMPServer, reject, type ServerSettings } from "@opamp/server";
import { describe, expect, it, onTestFinished } from "vitest";
import { pollMessage, post } from "./_util/http-agent.ts";

async function listening(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function connectHttp2(settings: ServerSettings): Promise<ClientHttp2Session> {
  const opamp = createOpAMPServer(settings);
  onTestFinished(() => opamp.close({ deadlineMs: 0 }));
  const server = createServer();
  opamp.attach(server);
  const session = connect(await listening(server));
  onTestFinished(() => session.destroy());
  return session;
}

function request(session: ClientHttp2Session, method: string): ClientHttp2Stream {
  const headers = { "content-type": method === "POST" ? "application/x-protobuf" : "text/plain" };
  const open = { endStream: method === "GET" };
  return session.request({ ":method": method, ":path": "/v1/opamp", ...headers }, open);
}

async function response(stream: ClientHttp2Stream): Promise<IncomingHttpHeaders> {
  const [headers] = (await once(stream, "response")) as [IncomingHttpHeaders];
  return headers;
}

describe("a request over HTTP/2", () => {
  it("is not told to upgrade, which HTTP/2 cannot", async () => {
    const session = await connectHttp2({});
    const headers = await response(request(session, "GET"));
    expect(headers).toMatchObject({ ":status": 405, allow: "POST" });
    expect(headers.upgrade).toBeUndefined();
  });

  it("is refused without the headers of a connection, whatever the application says [S-148]", async () => {
    const connection = {
      Connection: "close",
      "Transfer-Encoding": "chunked",
      upgrade: "websocket",
    };
    const headers = { "retry-after": "7", ...connection };
    const session = await connectHttp2({
      callbacks: { onConnecting: () => reject(503, { headers }) },
    });
    const stream = request(session, "POST");
    const refused = await response(stream.end(pollMessage().body));
    expect(refused).toMatchObject({ ":status": 503, "retry-after": "7" });
    expect(Object.keys(refused)).not.toContain("connection");
    expect(await text(stream)).toBe("Service Unavailable\n");
  });

  it("ends when its body is too large, and costs the others of its session nothing [S-13]", async () => {
    const session = await connectHttp2({ limits: { maxReceiveBytes: 1000 } });
    const stream = request(session, "POST");
    stream.on("error", () => undefined);
    stream.write(Buffer.alloc(500_000));
    expect(await response(stream)).toMatchObject({ ":status": 413 });
    const other = request(session, "POST");
    expect(await response(other.end(pollMessage().body))).toMatchObject({ ":status": 200 });
  });

  it("that its agent takes back is lost, not answered", async () => {
    const codes: unknown[] = [];
    const lost = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    const session = await connectHttp2({
      callbacks: {
        async onMessage({ request: { signal } }) {
          asked.resolve();
          await once(signal, "abort");
        },
        onMessageResponseError: (_, __, { code }) => void codes.push(code),
        onConnectionClosed(_, { by }) {
          codes.push(by);
          lost.resolve();
        },
      },
    });
    const stream = request(session, "POST");
    stream.on("error", () => undefined).end(pollMessage().body);
    await asked.promise;
    stream.close(constants.NGHTTP2_CANCEL);
    await lost.promise;
    expect(codes).toEqual(["connection-lost", "network"]);
  });
});

describe("handleRequest", () => {
  it("says so when somebody else has read the body", async () => {
    const codes: unknown[] = [];
    await using opamp = createOpAMPServer({
      callbacks: { onReadMessageError: (_, { code }) => codes.push(code) },
    });
    const origin = await listening(
      createHttpServer((incoming, outgoing) => {
        void text(incoming).then(() => opamp.handleRequest(incoming, outgoing));
      }),
    );
    expect((await post(`${origin}/v1/opamp`, pollMessage().body)).status).toBe(500);
    expect(codes).toEqual(["invalid-state"]);
  });
});

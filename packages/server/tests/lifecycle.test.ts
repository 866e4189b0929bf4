import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import type { OpAMPError } from "@opamp/protocol";
import { accept, type ConnectDecision, createOpAMPServer, type OpAMPServer } from "@opamp/server";
import { createFakeClock, eventually } from "@opamp/test-kit";
import { describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { pollMessage, post, send } from "./_util/http-agent.ts";
import { connectAgent } from "./_util/raw-agent.ts";
import { startServer } from "./_util/test-server.ts";

const local = { port: 0, host: "127.0.0.1" } as const;

async function listening(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

describe("listen", () => {
  it("serves both transports on one port, which address tells while it is open [S-01]", async () => {
    await using server = createOpAMPServer();
    expect(server.address).toBeUndefined();
    const address = await server.listen(local);
    expect(server.address).toEqual(address);
    await using agent = await connectAgent(`ws://127.0.0.1:${address.port}/v1/opamp`);
    await agent.ask();
    const url = `http://127.0.0.1:${address.port}/v1/opamp`;
    expect((await post(url, pollMessage().body)).status).toBe(200);
    await server.close();
    expect(server.address).toBeUndefined();
  });

  it("serves another path when told so [W-02]", async () => {
    await using running = await startServer({ path: "/agents" });
    await using agent = await connectAgent(running.wsUrl);
    await agent.ask();
    const url = `http://127.0.0.1:${running.port}/v1/opamp`;
    expect((await post(url, pollMessage().body)).status).toBe(404);
  });

  it("serves a path with what URLs have to encode, as agents write it [W-02]", async () => {
    await using running = await startServer({ path: "/größe/./opamp" });
    await using agent = await connectAgent(running.wsUrl);
    await agent.ask();
    expect((await post(running.httpUrl, pollMessage().body)).status).toBe(200);
  });

  it("serves whoever writes the whole URL, as to a proxy (RFC 9112, section 3.2.2)", async () => {
    await using running = await startServer();
    const { body } = pollMessage();
    const headers = { "content-type": "application/x-protobuf" };
    const asked = (path: string) =>
      send(running.httpUrl, { method: "POST", path, headers, body }).then(({ status }) => status);
    expect(await asked(`${running.httpUrl}?token=x`)).toBe(200);
    expect(await asked("http://elsewhere.example.com/other")).toBe(404);
    expect(await asked("*")).toBe(404);
  });

  it("rejects with invalid-state while the server listens", async () => {
    await using server = createOpAMPServer();
    await server.listen(local);
    await expect(server.listen(local)).rejects.toMatchObject({ code: "invalid-state" });
  });

  it.each([-1, 65_536, 1.5, Number.NaN])("rejects port %d with invalid-argument", async (port) => {
    await using server = createOpAMPServer();
    await expect(server.listen({ ...local, port })).rejects.toMatchObject({
      code: "invalid-argument",
      message: expect.stringContaining("port"),
    });
    await server.listen(local);
  });

  it("leaves nothing behind when the port is taken, and may be called again [L-29]", async () => {
    await using first = createOpAMPServer();
    const { port } = await first.listen(local);
    await using second = createOpAMPServer();
    for (let i = 0; i < 2; i += 1) {
      await expect(second.listen({ ...local, port })).rejects.toMatchObject({
        code: "connect-failed",
      });
      expect(second.address).toBeUndefined();
    }
    await first.close();
    expect((await second.listen({ ...local, port })).port).toBe(port);
  });

  it("listens on port 4320 unless told otherwise [S-02]", async () => {
    await using server = createOpAMPServer();
    // The port may be taken, or there be no such address: then the error names the port.
    const port = await server.listen({ host: "127.0.0.2" }).then(
      (address) => address.port,
      (error: OpAMPError) => (error.cause as { readonly port?: number }).port,
    );
    expect(port).toBe(4320);
  });

  it("and close may alternate on one port [L-29]", async () => {
    const server = createOpAMPServer();
    let port = 0;
    for (let i = 0; i < 10; i += 1) {
      ({ port } = await server.listen({ ...local, port }));
      await using agent = await connectAgent(`ws://127.0.0.1:${port}/v1/opamp`);
      await agent.ask();
      await server.close();
      expect((await agent.closed).code).toBe(1001);
    }
  });

  it("rejects for a certificate that is none, and may be called again [L-29]", async () => {
    await using server = createOpAMPServer();
    const tls = { cert: "nonsense", key: "nonsense" };
    await expect(server.listen({ ...local, tls })).rejects.toMatchObject({ code: "tls-failed" });
    expect((await server.listen(local)).port).toBeGreaterThan(0);
  });
});

describe("close", () => {
  it("closes WebSockets with 1001 and takes no more agents [S-134 L-29]", async () => {
    await using running = await startServer();
    await using agent = await connectAgent(running.wsUrl);
    await agent.ask();
    await running.server.close();
    expect((await agent.closed).code).toBe(1001);
    expect(running.server.connections.size).toBe(0);
    await expect(connectAgent(running.wsUrl)).rejects.toThrow("ECONNREFUSED");
  });

  it("waits for answers under way on both transports [L-29]", async () => {
    const gate = Promise.withResolvers<void>();
    let asked = 0;
    await using running = await startServer({
      callbacks: {
        onMessage: async () => {
          asked += 1;
          await gate.promise;
          return { flags: 1n };
        },
      },
    });
    await using agent = await connectAgent(running.wsUrl);
    agent.say();
    const polled = post(running.httpUrl, pollMessage().body);
    await eventually(() => expect(asked).toBe(2));
    const closed = running.server.close();
    gate.resolve();
    expect((await agent.next()).flags).toBe(1n);
    expect((await agent.closed).code).toBe(1001);
    expect((await polled).status).toBe(200);
    await closed;
  });

  it("cuts what does not finish by the deadline [L-29 L-07]", async () => {
    const clock = createFakeClock();
    let asked = 0;
    await using running = await startServer({
      clock,
      callbacks: {
        onMessage: () => {
          asked += 1;
          return new Promise(() => undefined);
        },
      },
    });
    await using agent = await connectAgent(running.wsUrl);
    agent.say();
    const polled = post(running.httpUrl, pollMessage().body).catch((error: Error) => error.message);
    await eventually(() => expect(asked).toBe(2));
    const closed = running.server.close({ deadlineMs: 5000 });
    await clock.advance(4999);
    expect(running.server.connections.size).toBe(1);
    await clock.advance(1);
    await closed;
    expect(running.server.connections.size).toBe(0);
    expect([1001, 1006]).toContain((await agent.closed).code);
    expect(await polled).toContain("hang up");
    expect(clock.pendingTimers).toBe(0);
  });

  it("cuts an agent that does not answer the close frame by the deadline [L-29]", async () => {
    const clock = createFakeClock();
    await using running = await startServer({ clock });
    await using agent = await connectAgent(running.wsUrl);
    await agent.ask();
    agent.webSocket.pause();
    const closed = running.server.close({ deadlineMs: 5000 });
    await clock.advance(5000);
    await closed;
    expect(running.server.connections.size).toBe(0);
  });

  it("refuses with 503 an agent that was still being decided about [L-29]", async () => {
    const asked = Promise.withResolvers<void>();
    const decision = Promise.withResolvers<ConnectDecision>();
    await using running = await startServer({
      callbacks: {
        onConnecting() {
          asked.resolve();
          return decision.promise;
        },
      },
    });
    const refused = once(new WebSocket(running.wsUrl), "unexpected-response");
    await asked.promise;
    const closed = running.server.close();
    decision.resolve(accept());
    const [, response] = await refused;
    expect(response.statusCode).toBe(503);
    await closed;
  });

  it("may be called by several at once, and again, and before listen", async () => {
    const server = createOpAMPServer();
    await server.close();
    await server.listen(local);
    await Promise.all([server.close(), server.close()]);
    await server.close();
    expect(server.address).toBeUndefined();
  });

  it("does not wait for idle connections that HTTP keeps alive [W-20]", async () => {
    const running = await startServer();
    const socket = connect(running.port, "127.0.0.1");
    const { body } = pollMessage();
    socket.write(
      `POST /v1/opamp HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\nContent-Length: ${body.length}\r\n\r\n`,
    );
    socket.write(body);
    await once(socket, "data");
    const closed = once(socket, "close");
    await running.server.close({ deadlineMs: 2_000_000_000 });
    await closed;
    expect(socket.closed).toBe(true);
  });

  it("works from inside a callback", async () => {
    const server: OpAMPServer = createOpAMPServer({
      callbacks: { onMessage: () => void server.close() },
    });
    const { port } = await server.listen(local);
    await using agent = await connectAgent(`ws://127.0.0.1:${port}/v1/opamp`);
    expect((await agent.ask()).errorResponse).toBeUndefined();
    expect((await agent.closed).code).toBe(1001);
    await server.close();
  });
});

describe("attach", () => {
  it("serves the path on a server of the user's, and leaves the other paths to it", async () => {
    const http = createServer((request, response) => response.end(`yours: ${request.url}`));
    http.on("upgrade", (_, socket) => socket.end("HTTP/1.1 418 Yours\r\n\r\n"));
    await using server = createOpAMPServer();
    server.attach(http);
    const port = await listening(http);
    const root = `127.0.0.1:${port}`;
    await using agent = await connectAgent(`ws://${root}/v1/opamp?x=1`);
    expect((await agent.ask()).errorResponse).toBeUndefined();
    expect((await post(`http://${root}/v1/opamp`, pollMessage().body)).status).toBe(200);
    expect((await send(`http://${root}/other`)).body.toString()).toBe("yours: /other");
    const [, response] = await once(new WebSocket(`ws://${root}/other`), "unexpected-response");
    expect(response.statusCode).toBe(418);
    await server.close();
    expect((await send(`http://${root}/v1/opamp`)).body.toString()).toBe("yours: /v1/opamp");
    http.close();
  });

  it("answers 404 for other paths when nobody else listens", async () => {
    const http = createServer();
    await using server = createOpAMPServer();
    server.attach(http);
    const port = await listening(http);
    expect((await send(`http://127.0.0.1:${port}/other`)).status).toBe(404);
    const webSocket = new WebSocket(`ws://127.0.0.1:${port}/other`);
    const [, response] = await once(webSocket, "unexpected-response");
    expect(response.statusCode).toBe(404);
    http.close();
  });

  it("can be undone", async () => {
    const http = createServer((_, response) => response.end("yours"));
    await using server = createOpAMPServer();
    const undo = server.attach(http);
    undo();
    undo();
    const port = await listening(http);
    expect((await send(`http://127.0.0.1:${port}/v1/opamp`)).body.toString()).toBe("yours");
    http.close();
  });

  it("can be undone in any order: each request is answered once, by who is left", async () => {
    let calls = 0;
    const http = createServer((_, response) => {
      calls += 1;
      response.end("yours");
    });
    await using first = createOpAMPServer({ path: "/first" });
    await using second = createOpAMPServer({ path: "/second" });
    const undoFirst = first.attach(http);
    const undoSecond = second.attach(http);
    const port = await listening(http);
    const answerAt = async (path: string): Promise<string> => {
      const { status, body } = await send(`http://127.0.0.1:${port}${path}`);
      return status === 426 ? "OpAMP" : body.toString();
    };
    expect([await answerAt("/first"), await answerAt("/second")]).toEqual(["OpAMP", "OpAMP"]);
    undoFirst();
    expect([await answerAt("/first"), await answerAt("/second")]).toEqual(["yours", "OpAMP"]);
    undoSecond();
    expect([await answerAt("/first"), await answerAt("/second")]).toEqual(["yours", "yours"]);
    expect(calls).toBe(3);
    http.close();
  });
});

describe("handleRequest and handleUpgrade", () => {
  it("resolve for agents that had gone before, and leave nothing to wait for [L-29]", async () => {
    await using server = createOpAMPServer();
    const handled: Promise<void>[] = [];
    const broken = /hang up|ECONNRESET/;
    const http = createServer((request, response) => {
      request.socket.destroy();
      response.once("close", () => handled.push(server.handleRequest(request, response)));
    });
    http.on("upgrade", (request, socket, head) => {
      socket
        .destroy()
        .once("close", () => handled.push(server.handleUpgrade(request, socket, head)));
    });
    const root = `127.0.0.1:${await listening(http)}/v1/opamp`;
    await expect(post(`http://${root}`, pollMessage().body)).rejects.toThrow(broken);
    await expect(connectAgent(`ws://${root}`)).rejects.toThrow(broken);
    await eventually(() => expect(handled).toHaveLength(2));
    await Promise.all(handled);
    expect(server.connections.size).toBe(0);
    http.close();
  });

  it("serve those who own the socket, until the server is closed [S-01]", async () => {
    await using server = createOpAMPServer();
    const http = createServer((request, response) => void server.handleRequest(request, response));
    http.on("upgrade", (...upgrade) => void server.handleUpgrade(...upgrade));
    const port = await listening(http);
    await using agent = await connectAgent(`ws://127.0.0.1:${port}/anything`);
    expect((await agent.ask()).errorResponse).toBeUndefined();
    const url = `http://127.0.0.1:${port}/anything`;
    expect((await post(url, pollMessage().body)).status).toBe(200);
    await server.close();
    expect((await agent.closed).code).toBe(1001);
    expect((await post(url, pollMessage().body)).status).toBe(503);
    const [, response] = await once(
      new WebSocket(`ws://127.0.0.1:${port}/`),
      "unexpected-response",
    );
    expect(response.statusCode).toBe(503);
    http.close();
  });
});

import { createServer } from "node:net";
import type { TLSSocket } from "node:tls";
import {
  type AgentToServer,
  decodeAgentToServer,
  decodeFrame,
  encodeFrame,
  encodeServerToAgent,
  type OpAMPError,
} from "@opamp/protocol";
import { createCertificateAuthority, eventually } from "@opamp/test-kit";
import { describe, expect, it } from "vitest";
import { createOpAMPClient, type OpAMPClient, type StartSettings } from "../src/index.ts";
import { description } from "./_util/scripted-client.ts";
import { startHttpPeer } from "./transport/_util/http-peer.ts";
import { startWebSocketPeer, type WebSocketPeer } from "./transport/_util/websocket-peer.ts";

interface RealClient {
  readonly client: OpAMPClient;
  readonly failures: readonly OpAMPError[];
}

function createRealClient(
  serverUrl: string,
  settings: Pick<StartSettings, "timeouts" | "tls" | "retry"> = {},
): RealClient {
  const failures: OpAMPError[] = [];
  const client = createOpAMPClient({
    serverUrl,
    agentDescription: description,
    ...settings,
    callbacks: { onConnectFailed: (error) => failures.push(error) },
  });
  return { client, failures };
}

/** A port on which nothing listens. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return typeof address === "object" && address !== null ? address.port : 0;
}

const saidTo = ({ frames }: WebSocketPeer): readonly AgentToServer[] =>
  frames.map((frame) => decodeAgentToServer(decodeFrame(frame)));

const answerTo = ({ instanceUid }: AgentToServer): Uint8Array =>
  encodeServerToAgent({ instanceUid, capabilities: 1n });

describe.each(["ws", "http"])("a client over %s", (scheme) => {
  it("keeps trying where nothing listens, says so, and stops [L-20 L-21]", async () => {
    const { client, failures } = createRealClient(`${scheme}://127.0.0.1:${await closedPort()}`);
    await client.start();
    await eventually(() => expect(failures.length).toBeGreaterThan(1));
    expect(failures[0]?.code).toBe("connect-failed");
    await client.stop();
    expect(client.status.state).toBe("stopped");
  });

  it.each([
    [401, "unauthorized", 20_000],
    [403, "unauthorized", 20_000],
    [503, "throttled", 30_000],
    [429, "throttled", 30_000],
  ])("understands status %i [C-229 C-231 L-18 L-20]", async (status, code, leastMs) => {
    await using peer = await startHttpPeer();
    peer.onRequest((exchange) =>
      exchange.answer(new Uint8Array(), { status, headers: { "retry-after": "30" } }),
    );
    peer.server.on("upgrade", (_request, socket) => {
      socket.end(`HTTP/1.1 ${status} No\r\nretry-after: 30\r\ncontent-length: 0\r\n\r\n`);
    });
    const { client, failures } = createRealClient(peer.origin(scheme === "ws" ? "ws" : "http"), {
      retry: { delayMs: () => 20_000 },
    });
    await client.start();
    await eventually(() => expect(client.status.state).toBe("backing-off"));
    expect(client.status).toMatchObject({ attempt: 2, error: { code, status } });
    expect(failures).toMatchObject([{ code, status }]);
    const { delayMs } = client.status as { readonly delayMs: number };
    expect(delayMs).toBeGreaterThanOrEqual(leastMs);
    await client.stop();
  });
});

describe("a client over a real WebSocket", () => {
  it("says goodbye, closes with code 1000 and waits for the answer [C-235 C-236 C-237 L-21]", async () => {
    await using server = await startWebSocketPeer();
    const { client } = createRealClient(server.url);
    await client.start();
    const peer = await server.accept();
    await eventually(() => expect(client.status.state).toBe("online"));
    await client.stop();
    expect(await peer.closed).toBe(1000);
    const said = saidTo(peer);
    expect(said.at(-1)?.agentDisconnect).toBeDefined();
    expect(said.filter(({ agentDisconnect }) => agentDisconnect)).toHaveLength(1);
    await eventually(() => expect(server.openConnections).toBe(0));
  });

  it("does not wait for ever for a server that does not close [L-21]", async () => {
    await using server = await startWebSocketPeer({ onOpen: (socket) => socket.pause() });
    const { client } = createRealClient(server.url, { timeouts: { stopMs: 100 } });
    await client.start();
    await eventually(() => expect(client.status.state).toBe("online"));
    await client.stop();
    expect(client.status.state).toBe("stopped");
  });

  it("reports over TLS without a client certificate, but to no server it cannot verify [C-148]", async () => {
    const authority = await createCertificateAuthority("Fleet CA");
    const tls = {
      ...(await authority.issueServer()),
      requestCert: true,
      rejectUnauthorized: false,
    };
    await using server = await startWebSocketPeer({ tls });
    const mistrustful = createRealClient(server.url);
    await mistrustful.client.start();
    await eventually(() => expect(mistrustful.failures[0]?.code).toBe("tls-failed"));
    await mistrustful.client.stop();
    const { client } = createRealClient(server.url, { tls: { ca: authority.cert } });
    await client.start();
    const peer = await server.accept();
    await eventually(() => expect(peer.frames).toHaveLength(1));
    expect(saidTo(peer)[0]?.agentDescription).toBeDefined();
    expect((peer.request.socket as TLSSocket).getPeerCertificate()).toEqual({});
    expect(server.peers).toHaveLength(1);
    await client.stop();
  });

  it("comes back after its connection was cut, without its description [C-45 C-239]", async () => {
    await using server = await startWebSocketPeer();
    const { client } = createRealClient(server.url);
    await client.start();
    const first = await server.accept();
    const [report] = await eventually(() => {
      expect(first.frames).toHaveLength(1);
      return saidTo(first);
    });
    if (report !== undefined) first.socket.send(encodeFrame(answerTo(report)));
    await eventually(() => expect(client.status.serverCapabilities).toEqual(["AcceptsStatus"]));
    server.cutAll();
    const second = await server.accept();
    await eventually(() => expect(second.frames).toHaveLength(1));
    expect(saidTo(second)[0]).toMatchObject({ sequenceNum: 1n });
    expect(saidTo(second)[0]?.agentDescription).toBeUndefined();
    await client.stop();
  });
});

describe("a client over real HTTP", () => {
  it("says goodbye in its last request [C-238 L-21]", async () => {
    await using server = await startHttpPeer();
    server.onRequest((exchange) => exchange.answer(answerTo(decodeAgentToServer(exchange.body))));
    const { client } = createRealClient(server.url);
    await client.start();
    await eventually(() => expect(client.status.state).toBe("online"));
    await client.stop();
    const said = server.exchanges.map(({ body }) => decodeAgentToServer(body));
    expect(said.map(({ sequenceNum }) => sequenceNum)).toEqual([0n, 1n]);
    expect(said.at(-1)?.agentDisconnect).toBeDefined();
    await eventually(() => expect(server.openConnections).toBe(0));
  });
});

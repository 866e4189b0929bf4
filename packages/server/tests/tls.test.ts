import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { accept, type ConnectRequest, createOpAMPServer, reject } from "@opamp/server";
import { createCertificateAuthority, eventually } from "@opamp/test-kit";
import { describe, expect, it } from "vitest";
import { messageOf, pollMessage, post } from "./_util/http-agent.ts";
import { connectAgent } from "./_util/raw-agent.ts";

describe("over TLS", async () => {
  const authority = await createCertificateAuthority();
  const stranger = await createCertificateAuthority("Another CA");
  const serverPair = await authority.issueServer();
  const known = await authority.issueClient("agent-7");
  const unknown = await stranger.issueClient("agent-8");
  const ca = authority.cert;

  it("serves both transports, and shows that they are encrypted [S-01]", async () => {
    const requests: ConnectRequest[] = [];
    await using server = createOpAMPServer({
      callbacks: { onConnected: ({ request }) => void requests.push(request) },
    });
    const { port } = await server.listen({ port: 0, host: "127.0.0.1", tls: serverPair });
    await using agent = await connectAgent(`wss://127.0.0.1:${port}/v1/opamp`, { ca });
    await agent.ask();
    const { uid, body } = pollMessage();
    const response = await post(`https://127.0.0.1:${port}/v1/opamp`, body, { ca });
    expect(messageOf(response).instanceUid).toEqual(Buffer.from(uid));
    expect(requests.map(({ encrypted }) => encrypted)).toEqual([true, true]);
    expect(requests.map(({ peerCertificate }) => peerCertificate)).toEqual([undefined, undefined]);
  });

  it("says why there was no request", async () => {
    const lines: string[] = [];
    const log = (line: string): void => void lines.push(line);
    const logger = { debug: log, info: log, warn: log, error: log };
    await using server = createOpAMPServer({ logger });
    const { port } = await server.listen({ port: 0, host: "127.0.0.1", tls: serverPair });
    const at = `127.0.0.1:${port}/v1/opamp`;
    const { body } = pollMessage();
    await expect(post(`https://${at}`, body, { ca: stranger.cert })).rejects.toThrow("certificate");
    await eventually(() =>
      expect(lines).toEqual([expect.stringContaining("TLS handshake failed")]),
    );
    await expect(post(`http://${at}`, body)).rejects.toThrow(/hang up|ECONNRESET|EPIPE/);
    await eventually(() => expect(lines[1]).toBe("a TLS handshake failed: http request"));
  });

  it("shows client certificates and whether they were verified, on both transports [S-147]", async () => {
    const seen: [string | undefined, boolean][] = [];
    const http = createServer({ ...serverPair, ca, requestCert: true, rejectUnauthorized: false });
    await using server = createOpAMPServer({
      callbacks: {
        onConnecting({ peerCertificate, peerAuthorized }) {
          seen.push([String(peerCertificate?.subject.CN), peerAuthorized]);
          return peerAuthorized ? accept() : reject(401);
        },
      },
    });
    server.attach(http);
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    const { port } = http.address() as AddressInfo;
    await using agent = await connectAgent(`wss://127.0.0.1:${port}/v1/opamp`, { ca, ...known });
    await agent.ask();
    const url = `https://127.0.0.1:${port}/v1/opamp`;
    expect((await post(url, pollMessage().body, { ca, ...known })).status).toBe(200);
    expect((await post(url, pollMessage().body, { ca, ...unknown })).status).toBe(401);
    expect((await post(url, pollMessage().body, { ca })).status).toBe(401);
    expect(seen).toEqual([
      ["agent-7", true],
      ["agent-7", true],
      ["agent-8", false],
      ["undefined", false],
    ]);
    await server.close();
    http.close();
  });
});

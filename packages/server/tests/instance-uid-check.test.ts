import { type AgentToServer, bytesFromInstanceUid, createInstanceUid } from "@opamp/protocol";
import {
  accept,
  type Connection,
  checkInstanceUid,
  type InstanceUidCheckOptions,
  identityOf,
  requireAny,
  requireClientCertificate,
  type ServerCallbacks,
} from "@opamp/server";
import { createCertificateAuthority } from "@opamp/test-kit";
import { describe, expect, it } from "vitest";
import { messageOf, pollMessage, post } from "./_util/http-agent.ts";
import { connectAgent } from "./_util/raw-agent.ts";
import { startServer } from "./_util/test-server.ts";

describe("an agent with a certificate", async () => {
  const authority = await createCertificateAuthority();
  const tls = {
    ...(await authority.issueServer()),
    ca: authority.cert,
    requestCert: true,
    rejectUnauthorized: false,
  };
  const uid = createInstanceUid();
  const other = createInstanceUid();
  const client = { ca: authority.cert, ...(await authority.issueClient(uid)) };

  /** A server that lets in agents with a certificate, and those without as nobody. */
  async function start(callbacks: ServerCallbacks, options: InstanceUidCheckOptions = {}) {
    const onConnecting = requireAny(requireClientCertificate({ requireUid: true }), () => accept());
    return startServer(
      { callbacks: checkInstanceUid({ onConnecting, ...callbacks }, options) },
      { tls },
    );
  }

  it("speaks for the uid of that only, on both transports [S-101]", async () => {
    const heard: string[] = [];
    const onMessage = (connection: Connection): void =>
      void heard.push(identityOf(connection)?.name ?? "nobody");
    await using server = await start({ onMessage });
    await using agent = await connectAgent(server.wsUrl, client);
    const own = await agent.ask({ instanceUid: bytesFromInstanceUid(uid) });
    expect(own.errorResponse).toBeUndefined();
    const foreign = await agent.ask({ instanceUid: bytesFromInstanceUid(other) });
    expect(foreign.errorResponse).toMatchObject({
      type: 1,
      errorMessage: "the credentials of this connection are those of another agent",
    });
    const poll = messageOf(await post(server.httpUrl, pollMessage().body, client));
    expect(poll.errorResponse?.type).toBe(1);
    expect(heard).toEqual([uid]);
  });

  it("may be any agent without one", async () => {
    await using server = await start({});
    await using agent = await connectAgent(server.wsUrl, { ca: authority.cert });
    expect((await agent.ask()).errorResponse).toBeUndefined();
  });

  it("speaks for another uid once it was told to take that, also when it comes back [S-102 S-103]", async () => {
    const heard: string[] = [];
    const onMessage = async (_: Connection, message: AgentToServer) => {
      const csr = message.connectionSettingsRequest?.opamp?.certificateRequest?.csr;
      if (csr !== undefined) heard.push(Buffer.from(csr).toString());
      return message.flags === 1n
        ? { agentIdentification: { newInstanceUid: bytesFromInstanceUid(other) } }
        : {};
    };
    await using server = await start({ onMessage });
    const asNew = {
      instanceUid: bytesFromInstanceUid(other),
      connectionSettingsRequest: {
        opamp: { certificateRequest: { csr: Buffer.from("a request") } },
      },
    };
    await using agent = await connectAgent(server.wsUrl, client);
    expect((await agent.ask(asNew)).errorResponse?.type).toBe(1);
    await agent.ask({ instanceUid: bytesFromInstanceUid(uid), flags: 1n });
    expect((await agent.ask(asNew)).errorResponse).toBeUndefined();
    await using again = await connectAgent(server.wsUrl, client);
    expect((await again.ask(asNew)).errorResponse).toBeUndefined();
    expect(heard).toEqual(["a request", "a request"]);
  });

  it("speaks for another uid that the application says it was told to take [S-103]", async () => {
    const isOrderedChange = (from: string, to: string): boolean => from === uid && to === other;
    await using server = await start({}, { isOrderedChange });
    await using agent = await connectAgent(server.wsUrl, client);
    const asked = await agent.ask({ instanceUid: bytesFromInstanceUid(other) });
    expect(asked.errorResponse).toBeUndefined();
  });

  it("is refused when that was revoked, is of a stranger, or names no agent", async () => {
    const revoked = new Set<string>();
    const check = requireClientCertificate({
      requireUid: true,
      isRevoked: async (serialNumber) => revoked.has(serialNumber),
    });
    const names: (string | undefined)[] = [];
    const onConnected = (connection: Connection): void =>
      void names.push(identityOf(connection)?.credentialId);
    await using server = await startServer(
      { callbacks: { onConnecting: check, onConnected } },
      { tls },
    );
    const ask = async (pair: object) => {
      const response = await post(server.httpUrl, pollMessage().body, {
        ca: authority.cert,
        ...pair,
      });
      return response.status === 200 ? "let in" : response.body.toString().trim();
    };
    const stranger = await createCertificateAuthority("Another");
    expect(await ask({})).toBe("a client certificate is needed");
    expect(await ask(client)).toBe("let in");
    revoked.add(names[0] ?? "");
    expect(await ask(client)).toBe("the client certificate is revoked");
    expect(await ask(await stranger.issueClient(uid))).toBe(
      "the client certificate is not accepted",
    );
    expect(await ask(await authority.issueClient("somebody"))).toBe(
      "the client certificate names no agent",
    );
  });
});

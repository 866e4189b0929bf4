import { createServer, type Server } from "node:net";
import { ConnectionSettingsStatuses, type OpAMPConnectionSettingsInit } from "@opamp/protocol";
import { type CertificateAuthority, createCertificateAuthority, eventually } from "@opamp/test-kit";
import { beforeAll, describe, expect, it } from "vitest";
import {
  type ConnectionSettingsRecord,
  createOpAMPClient,
  type OpAMPClient,
  type StartSettings,
} from "../src/index.ts";
import {
  type AnsweringServer,
  type AnsweringServerOptions,
  startAnsweringServer,
} from "./_util/answering-server.ts";
import { description } from "./_util/scripted-client.ts";

const { APPLIED, FAILED } = ConnectionSettingsStatuses;
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

let authority: CertificateAuthority;
let stranger: CertificateAuthority;
beforeAll(async () => {
  authority = await createCertificateAuthority("Fleet CA");
  stranger = await createCertificateAuthority("Another CA");
});

async function startClient(
  server: AnsweringServer,
  settings: Partial<StartSettings> = {},
): Promise<OpAMPClient> {
  const client = createOpAMPClient({
    serverUrl: server.url,
    agentDescription: description,
    timeouts: { stopMs: 300, switchMs: 400 },
    ...settings,
  });
  await client.start();
  await eventually(() => expect(client.status.serverCapabilities).toBeDefined());
  return client;
}

/** A port on which nothing listens, or one that takes connections and says nothing. */
async function startTcp(
  isOpen: boolean,
): Promise<{ readonly port: number; readonly server: Server }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  if (!isOpen) await new Promise<void>((resolve) => server.close(() => resolve()));
  return { port, server };
}

/** All numbers that the servers saw, in order, without one left out. */
function expectGapless(...servers: readonly AnsweringServer[]): void {
  const numbers = servers
    .flatMap(({ messages }) => messages.map(({ sequenceNum }) => Number(sequenceNum)))
    .sort((a, b) => a - b);
  expect(numbers).toEqual(numbers.map((_, index) => index));
}

describe.each([
  ["ws", "ws"],
  ["http", "http"],
  ["ws", "http"],
  ["http", "ws"],
] as const)("a switch over sockets from %s to %s", (from, to) => {
  it("arrives, and leaves the old server with a goodbye [C-113 C-114 C-238 L-15]", async () => {
    await using old = await startAnsweringServer({ scheme: from });
    await using next = await startAnsweringServer({ scheme: to });
    await using client = await startClient(old);
    expect(await client.switchConnection({ serverUrl: next.url })).toEqual({ kind: "switched" });
    expect(old.messages.at(-1)?.agentDisconnect).toBeDefined();
    await eventually(() => expect(old.openConnections).toBe(0));
    expect(next.messages[0]?.instanceUid).toEqual(old.messages[0]?.instanceUid);
    expectGapless(old, next);
  });

  it("comes back from a server that answers 401, drops, says nothing, or is not there [C-114 C-115 C-118 C-243]", async () => {
    await using old = await startAnsweringServer({ scheme: from });
    await using closed = await startAnsweringServer({ scheme: to });
    closed.server.removeAllListeners("upgrade").removeAllListeners("request");
    closed.server.on("upgrade", (_request, socket) =>
      socket.end("HTTP/1.1 401 No\r\ncontent-length: 0\r\n\r\n"),
    );
    closed.server.on("request", (_request, response) => response.writeHead(401).end());
    await using dropping: AnsweringServer = await startAnsweringServer({
      scheme: to,
      answer: () => {
        dropping.cutAll();
        return undefined;
      },
    });
    await using silent = await startAnsweringServer({ scheme: to, answer: () => undefined });
    const dead = await startTcp(false);
    await using client = await startClient(old);
    for (const [serverUrl, codes] of [
      [closed.url, ["unauthorized"]],
      [dropping.url, ["connection-lost"]],
      [silent.url, ["timeout"]],
      [`${to}://127.0.0.1:${dead.port}`, ["connect-failed"]],
    ] as const) {
      const outcome = await client.switchConnection({ serverUrl });
      expect(outcome.kind === "rolled-back" && codes).toContain(
        outcome.kind === "rolled-back" ? outcome.error.code : "",
      );
      await eventually(() => expect(client.status.state).toBe("online"));
      await eventually(() => expect(client.status.serverCapabilities).toBeDefined());
    }
    expect(silent.openConnections).toBe(0);
    expect(old.messages.filter(({ agentDisconnect }) => agentDisconnect)).toHaveLength(4);
    expect(new Set(old.messages.map(({ instanceUid }) => String(instanceUid))).size).toBe(1);
  });

  it("comes back from a server that takes the connection and never speaks [C-118]", async () => {
    await using old = await startAnsweringServer({ scheme: from });
    const mute = await startTcp(true);
    await using client = await startClient(old);
    const outcome = await client.switchConnection({ serverUrl: `${to}://127.0.0.1:${mute.port}` });
    expect(outcome).toMatchObject({ kind: "rolled-back", error: { code: "timeout" } });
    await eventually(() => expect(client.status.state).toBe("online"));
    mute.server.close();
  });
});

/** An agent that takes offers by itself, offered settings with its first answer. */
async function offered(
  scheme: "ws" | "http",
  opamp: OpAMPConnectionSettingsInit,
  settings: Partial<StartSettings> = {},
) {
  const saved: ConnectionSettingsRecord[] = [];
  let offers = 0;
  const old = await startAnsweringServer({
    scheme,
    tls: await authority.issueServer(),
    answer: () => {
      offers += 1;
      return offers === 1 ? { connectionSettings: { hash: Uint8Array.of(7), opamp } } : {};
    },
  });
  const client = await startClient(old, {
    capabilities: ["AcceptsOpAMPConnectionSettings", "ReportsConnectionSettingsStatus"],
    tls: { ca: authority.cert },
    timeouts: { stopMs: 300, switchMs: 2000 },
    ...settings,
    callbacks: { saveConnectionSettings: (record) => void saved.push(record) },
  });
  return {
    old,
    saved,
    async [Symbol.asyncDispose]() {
      await client.stop();
      await old[Symbol.asyncDispose]();
    },
  };
}

const lastStatus = ({ messages }: AnsweringServer) =>
  messages.findLast(({ connectionSettingsStatus }) => connectionSettingsStatus)
    ?.connectionSettingsStatus;

async function untilStatus(server: AnsweringServer, status: number): Promise<void> {
  await eventually(() => expect(lastStatus(server)?.status).toBe(status));
}

describe.each(["ws", "http"] as const)("an offer over %ss", (scheme) => {
  const startNext = (tls: AnsweringServerOptions["tls"]) =>
    startAnsweringServer({ scheme, ...(tls && { tls }) });
  const mutual = async () => ({
    ...(await authority.issueServer()),
    ca: authority.cert,
    requestCert: true,
    rejectUnauthorized: true,
  });

  it("brings a client certificate, which the server sees; headers too [C-122 C-123 C-165]", async () => {
    await using next = await startNext(await mutual());
    const { cert, key } = await authority.issueClient("agent-7");
    await using agent = await offered(scheme, {
      destinationEndpoint: next.url,
      headers: { headers: [{ key: "x-fleet", value: "7" }] },
      certificate: { cert: utf8(cert), privateKey: utf8(key) },
    });
    await untilStatus(next, APPLIED);
    expect(next.clientNames).toContain("agent-7");
    expect(next.requests[0]?.headers["x-fleet"]).toBe("7");
    expect(agent.saved.at(-1)).toMatchObject({ stage: "valid", settings: { tls: { cert, key } } });
  });

  it("takes the client certificate away when it brings none [C-124]", async () => {
    await using next = await startNext({ ...(await mutual()), rejectUnauthorized: false });
    const tls = { ca: authority.cert, ...(await authority.issueClient("old-name")) };
    await using agent = await offered(scheme, { destinationEndpoint: next.url }, { tls });
    await untilStatus(next, APPLIED);
    expect(next.clientNames).toEqual([""]);
    expect(agent.saved.at(-1)?.settings.tls).toEqual({ ca: authority.cert });
  });

  it("keeps the CA when it says nothing of TLS, and takes the one it brings [C-158 C-159]", async () => {
    await using same = await startNext(await authority.issueServer());
    await using kept = await offered(scheme, { destinationEndpoint: same.url });
    await untilStatus(same, APPLIED);
    await using foreign = await startNext(await stranger.issueServer());
    await using moved = await offered(scheme, {
      destinationEndpoint: foreign.url,
      tls: { caPemContents: stranger.cert },
    });
    await untilStatus(foreign, APPLIED);
    expect([kept.saved.length, moved.saved.length]).toEqual([2, 2]);
  });

  it("fails and leads back when the server is of another CA, also with ca_cert [C-115 C-119 C-150 L-14]", async () => {
    await using foreign = await startNext(await stranger.issueServer());
    const { cert, key } = await authority.issueClient("agent-7");
    const certificate = { cert: utf8(cert), privateKey: utf8(key), caCert: utf8(stranger.cert) };
    for (const opamp of [
      { destinationEndpoint: foreign.url },
      { destinationEndpoint: foreign.url, certificate },
      { destinationEndpoint: foreign.url, tls: { caPemContents: authority.cert } },
    ]) {
      await using agent = await offered(scheme, opamp);
      await untilStatus(agent.old, FAILED);
      expect(lastStatus(agent.old)?.errorMessage).toMatch(/certificate/);
      expect(agent.saved.map(({ stage }) => stage)).toEqual(["candidate", "dropped"]);
    }
    expect(foreign.messages).toEqual([]);
  });

  it("turns verification off only with consent [C-161]", async () => {
    await using foreign = await startNext(await stranger.issueServer());
    const opamp = { destinationEndpoint: foreign.url, tls: { insecureSkipVerify: true } };
    await using unwilling = await offered(scheme, opamp);
    await untilStatus(unwilling.old, FAILED);
    expect(foreign.connections).toBe(0);
    await using _ = await offered(scheme, opamp, {
      connectionSettingsPolicy: { allowInsecureSkipVerify: true },
    });
    await untilStatus(foreign, APPLIED);
  });
});

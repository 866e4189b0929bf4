import { X509Certificate } from "node:crypto";
import {
  type AgentToServerInit,
  bitsFromAgentCapabilities,
  createInstanceUid,
  encodeAgentToServer,
  instanceUidFromBytes,
  type ServerToAgent,
} from "@opamp/protocol";
import { createAgentTracker } from "@opamp/server";
import {
  type Approval,
  type CertificateGrant,
  type CertificateIssuer,
  type CertificateIssuerSettings,
  createCertificateAuthority,
  createCertificateIssuer,
  generateCertificateAuthority,
} from "@opamp/server/certificate-authority";
import { createRequest, eventually } from "@opamp/test-kit";
import { describe, expect, it } from "vitest";
import { messageOf, pollMessage, post } from "./_util/http-agent.ts";
import { connectAgent, type RawAgent } from "./_util/raw-agent.ts";
import { startServer, type TestServer } from "./_util/test-server.ts";

const destinationEndpoint = "wss://fleet.example.com/v1/opamp";

interface Issuing extends AsyncDisposable {
  readonly server: TestServer;
  readonly issuer: CertificateIssuer;
  /** What was stored, at the time it was. */
  readonly grants: CertificateGrant[];
  /** What `approve` says. */
  approval: Approval;
}

async function startIssuing(settings: Partial<CertificateIssuerSettings> = {}): Promise<Issuing> {
  const authority = createCertificateAuthority(await generateCertificateAuthority());
  const grants: CertificateGrant[] = [];
  const issuer = createCertificateIssuer({
    authority,
    approve: () => result.approval,
    settings: () => ({ destinationEndpoint, headers: { headers: [{ key: "x", value: "y" }] } }),
    onIssued: async (grant) => void grants.push(grant),
    ...settings,
  });
  const server = await startServer({
    capabilities: ["OffersConnectionSettings", "AcceptsConnectionSettingsRequest"],
    callbacks: { onMessage: (connection, message) => issuer.onMessage(connection, message) },
  });
  const result: Issuing = {
    server,
    issuer,
    grants,
    approval: "approved",
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
  return result;
}

/** A message that asks for a certificate. */
function asking(csr: string): AgentToServerInit {
  const certificateRequest = { csr: Buffer.from(csr) };
  return { connectionSettingsRequest: { opamp: { certificateRequest } } };
}

async function askFor(agent: RawAgent, uid = agent.uid): Promise<ServerToAgent> {
  const { csr } = await createRequest({ uris: [`urn:uuid:${uid}`] });
  return agent.ask(asking(csr));
}

function certificateIn({ connectionSettings }: ServerToAgent): X509Certificate {
  return new X509Certificate(connectionSettings?.opamp?.certificate?.cert ?? new Uint8Array());
}

describe("a certificate request", () => {
  it("is answered with a certificate that its authority vouches for, and no key [S-94 S-95 S-97 S-98 W-41 W-42]", async () => {
    await using issuing = await startIssuing();
    await using agent = await connectAgent(issuing.server.wsUrl);
    const answer = await askFor(agent);
    const { opamp, hash } = answer.connectionSettings ?? {};
    const { certificate } = opamp ?? {};
    const root = new X509Certificate(certificate?.caCert ?? new Uint8Array());
    expect(certificateIn(answer).subjectAltName).toBe(`URI:urn:uuid:${agent.uid}`);
    expect(certificateIn(answer).verify(root.publicKey)).toBe(true);
    expect(certificate?.privateKey).toHaveLength(0);
    expect(hash).toHaveLength(32);
    expect(opamp).toMatchObject({
      destinationEndpoint,
      heartbeatIntervalSeconds: 30n,
      headers: { headers: [{ key: "x", value: "y" }] },
    });
  });

  it("is granted only once the certificate is stored for its agent [S-76]", async () => {
    const store = Promise.withResolvers<void>();
    await using issuing = await startIssuing({
      onIssued(grant) {
        issuing.grants.push(grant);
        return store.promise;
      },
    });
    await using agent = await connectAgent(issuing.server.wsUrl);
    const answered = askFor(agent);
    await eventually(() => expect(issuing.grants).toHaveLength(1));
    expect(agent.frames).toHaveLength(0);
    store.resolve();
    const { issued, offer } = issuing.grants[0] ?? {};
    const answer = await answered;
    expect(issued?.instanceUid).toBe(agent.uid);
    expect(certificateIn(answer).serialNumber).toBe(issued?.serialNumber);
    expect(answer.connectionSettings?.hash).toEqual(offer?.hash);
  });

  it("of nothing is ignored, and one that lacks the request is a bad request [S-93 W-43]", async () => {
    await using issuing = await startIssuing();
    await using agent = await connectAgent(issuing.server.wsUrl);
    const ignored = await agent.ask({ connectionSettingsRequest: {} });
    expect(ignored.errorResponse ?? ignored.connectionSettings).toBeUndefined();
    const lacking = await agent.ask({ connectionSettingsRequest: { opamp: {} } });
    expect(lacking.errorResponse?.type).toBe(1);
  });

  it.each([
    ["is unreadable", async (_: Issuing, agent: RawAgent) => agent.ask(asking("nonsense"))],
    [
      "is for another agent",
      async (_: Issuing, agent: RawAgent) => askFor(agent, createInstanceUid()),
    ],
    [
      "is denied",
      async (issuing: Issuing, agent: RawAgent) => {
        issuing.approval = { refused: "not in the inventory" };
        return askFor(agent);
      },
    ],
  ] as const)("that %s is answered with BAD_REQUEST [S-99 S-100]", async (_, ask) => {
    await using issuing = await startIssuing();
    await using agent = await connectAgent(issuing.server.wsUrl);
    const { errorResponse, connectionSettings } = await ask(issuing, agent);
    expect(errorResponse).toMatchObject({ type: 1 });
    expect(errorResponse?.errorMessage).toMatch(/refused|not in the inventory/);
    expect(connectionSettings).toBeUndefined();
    expect(issuing.grants).toEqual([]);
  });

  it("that something fails at is answered with BAD_REQUEST, and no detail [S-99 S-125]", async () => {
    const onIssued = (): never => {
      throw new Error("the password of the database is wrong");
    };
    await using issuing = await startIssuing({ onIssued });
    await using agent = await connectAgent(issuing.server.wsUrl);
    const { errorResponse } = await askFor(agent);
    expect(errorResponse).toMatchObject({
      type: 1,
      errorMessage: "the certificate could not be made",
    });
  });
});

describe("a request that waits for approval", () => {
  it("gets nothing before it, and the certificate by a push at once after it [S-86 S-96]", async () => {
    await using issuing = await startIssuing();
    issuing.approval = "pending";
    await using agent = await connectAgent(issuing.server.wsUrl);
    const answer = await askFor(agent);
    expect(answer.errorResponse ?? answer.connectionSettings).toBeUndefined();
    expect(issuing.issuer.waiting()).toMatchObject([{ instanceUid: agent.uid }]);
    expect(await issuing.issuer.approve(agent.uid)).toBe("sent");
    expect(certificateIn(await agent.next()).subject).toBe(`CN=${agent.uid}`);
    expect(await issuing.issuer.approve(agent.uid)).toBe("unknown-agent");
    expect(issuing.issuer.waiting()).toEqual([]);
  });

  it("is decided on the connection that the agent has then, or in its next answer [S-86]", async () => {
    await using issuing = await startIssuing();
    issuing.approval = "pending";
    const first = await connectAgent(issuing.server.wsUrl);
    const { uid, uidBytes: instanceUid } = first;
    await askFor(first);
    await first[Symbol.asyncDispose]();
    await using second = await connectAgent(issuing.server.wsUrl);
    await second.ask({ instanceUid });
    expect(await issuing.issuer.approve(uid)).toBe("sent");
    expect(certificateIn(await second.next()).subject).toBe(`CN=${uid}`);
  });

  it("over HTTP is answered at the next poll: granted, or refused for a reason [S-96 S-99]", async () => {
    await using issuing = await startIssuing();
    issuing.approval = "pending";
    const { httpUrl } = issuing.server;
    const poll = async (uid: Uint8Array, message: AgentToServerInit = {}) =>
      messageOf(await post(httpUrl, encodeAgentToServer({ instanceUid: uid, ...message })));
    const decided = async (decide: (uid: string) => Promise<string>): Promise<ServerToAgent> => {
      const { uid } = pollMessage();
      const { csr } = await createRequest();
      expect((await poll(uid, asking(csr))).connectionSettings).toBeUndefined();
      expect(await decide(instanceUidFromBytes(uid))).toBe("due");
      const told = await poll(uid);
      expect((await poll(uid)).errorResponse).toBeUndefined();
      return told;
    };
    const granted = await decided((uid) => issuing.issuer.approve(uid));
    expect(certificateIn(granted).keyUsage).toEqual(["1.3.6.1.5.5.7.3.2"]);
    const refused = await decided((uid) => issuing.issuer.refuse(uid, "not today"));
    expect(refused.errorResponse).toMatchObject({ type: 1, errorMessage: "not today" });
  });

  it("waits on when the certificate cannot be made, and the oldest of too many is forgotten", async () => {
    let isBroken = true;
    const onIssued = (): void => {
      if (isBroken) throw new Error("no disk");
    };
    await using issuing = await startIssuing({ onIssued, maxWaiting: 2 });
    issuing.approval = "pending";
    await using first = await connectAgent(issuing.server.wsUrl);
    await using second = await connectAgent(issuing.server.wsUrl);
    await using third = await connectAgent(issuing.server.wsUrl);
    for (const agent of [first, second, third]) await askFor(agent);
    expect(issuing.issuer.waiting().map(({ instanceUid }) => instanceUid)).toEqual([
      second.uid,
      third.uid,
    ]);
    await expect(issuing.issuer.approve(second.uid)).rejects.toThrow("no disk");
    isBroken = false;
    expect(await issuing.issuer.approve(second.uid)).toBe("sent");
  });

  it("gives way to a newer one, whatever becomes of the decision about it", async () => {
    const store = Promise.withResolvers<void>();
    const underWay = Promise.withResolvers<void>();
    await using issuing = await startIssuing({
      onIssued() {
        underWay.resolve();
        return store.promise;
      },
    });
    issuing.approval = "pending";
    await using agent = await connectAgent(issuing.server.wsUrl);
    await askFor(agent);
    const approving = issuing.issuer.approve(agent.uid);
    await underWay.promise;
    const { csr } = await createRequest();
    await agent.ask(asking(csr));
    store.reject(new Error("no disk"));
    await expect(approving).rejects.toThrow("no disk");
    expect(issuing.issuer.waiting()).toMatchObject([{ csr }]);
  });
});

describe("an issuer beside a tracker", () => {
  it("offers a certificate once: what the tracker desires is what the issuer offered", async () => {
    const offers = new Map<string, CertificateGrant["offer"]>();
    const authority = createCertificateAuthority(await generateCertificateAuthority());
    const issuer = createCertificateIssuer({
      authority,
      approve: () => "approved",
      settings: () => ({ destinationEndpoint }),
      onIssued: ({ issued, offer }) => void offers.set(issued.instanceUid, offer),
    });
    await using tracker = createAgentTracker({
      desired: ({ uid }) => ({ connectionSettings: offers.get(uid) }),
      onMessage: (_agent, message, connection) => issuer.onMessage(connection, message),
    });
    await using server = await startServer({
      callbacks: tracker.callbacks,
      capabilities: [...tracker.capabilities, "AcceptsConnectionSettingsRequest"],
    });
    await using agent = await connectAgent(server.wsUrl);
    const capabilities = bitsFromAgentCapabilities([
      "ReportsStatus",
      "AcceptsOpAMPConnectionSettings",
      "ReportsConnectionSettingsStatus",
    ]);
    const { csr } = await createRequest();
    await agent.ask({ capabilities, sequenceNum: 0n, agentDescription: {} });
    const offered = await agent.ask({ capabilities, sequenceNum: 1n, ...asking(csr) });
    const lastConnectionSettingsHash = offered.connectionSettings?.hash ?? new Uint8Array();
    expect(certificateIn(offered).subject).toBe(`CN=${agent.uid}`);
    const beats = [await agent.ask({ capabilities, sequenceNum: 2n })];
    expect(await tracker.refresh(agent.uid)).toBe("unchanged");
    const status = { lastConnectionSettingsHash, status: 1 };
    const report = { capabilities, sequenceNum: 3n, connectionSettingsStatus: status };
    beats.push(await agent.ask(report), await agent.ask({ capabilities, sequenceNum: 4n }));
    expect(beats.map(({ connectionSettings }) => connectionSettings)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

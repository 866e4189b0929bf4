import { X509Certificate } from "node:crypto";
import { bytesFromInstanceUid, createInstanceUid } from "@opamp/protocol";
import {
  type Connection,
  checkInstanceUid,
  createAgentTracker,
  createOpAMPServer,
  type Identity,
  identityOf,
  requireAny,
  requireClientCertificate,
  type ServerCallbacks,
} from "@opamp/server";
import {
  type CertificateGrant,
  createCertificateAuthority,
  createCertificateIssuer,
  generateCertificateAuthority,
} from "@opamp/server/certificate-authority";
import { createCertificateAuthority as createServerAuthority, eventually } from "@opamp/test-kit";
import { describe, expect, it } from "vitest";
import { startCertificateAgent } from "./_util/certificate-agent.ts";

/** A server that knows its agents by the certificates that it gives them. */
async function startFleet(scheme: "wss" | "https") {
  const authority = createCertificateAuthority(await generateCertificateAuthority());
  const own = await createServerAuthority();
  const grants: CertificateGrant[] = [];
  const seen: { readonly uid: string; readonly identity: Identity | undefined }[] = [];
  const renames = new Map<string, string>();
  const url = (): string => `${scheme}://localhost:${server.address?.port}/v1/opamp`;
  const issuer = createCertificateIssuer({
    authority,
    approve: () => "approved",
    settings: () => ({ destinationEndpoint: url() }),
    onIssued: (grant) => void grants.push(grant),
  });
  const tracker = createAgentTracker({
    desired: ({ uid }) => ({
      connectionSettings: grants.findLast(({ issued }) => issued.instanceUid === uid)?.offer,
    }),
    onMessage({ uid }, message, connection) {
      seen.push({ uid, identity: identityOf(connection) });
      const newUid = renames.get(uid);
      if (newUid === undefined) return issuer.onMessage(connection, message);
      return { agentIdentification: { newInstanceUid: bytesFromInstanceUid(newUid) } };
    },
  });
  const callbacks: ServerCallbacks = {
    ...checkInstanceUid(tracker.callbacks),
    onConnecting: requireAny(
      requireClientCertificate({ isRevoked: (serial) => authority.isRevoked(serial) }),
      ({ peerCertificate }) =>
        peerCertificate === undefined ? { accept: true } : { accept: false, status: 403 },
    ),
  };
  const server = createOpAMPServer({
    callbacks,
    capabilities: [...tracker.capabilities, "AcceptsConnectionSettingsRequest"],
  });
  const identity = await own.issueServer();
  const tls = { requestCert: true, rejectUnauthorized: false };
  await server.listen({
    port: 0,
    host: "127.0.0.1",
    tls: { ...identity, ...tls, ca: authority.certificate },
  });
  return {
    authority,
    server,
    tracker,
    grants,
    seen,
    renames,
    settings: { serverUrl: url(), tls: { ca: own.cert } },
    async [Symbol.asyncDispose]() {
      await server.close({ deadlineMs: 500 });
      await tracker.close();
    },
  };
}

const statusOf = (fleet: Awaited<ReturnType<typeof startFleet>>, uid: string) =>
  fleet.tracker.agent(uid)?.parts.connectionSettingsStatus?.status;

const APPLIED = 1;

describe.each(["wss", "https"] as const)(
  "an agent and a certificate authority, over %s",
  (scheme) => {
    it("go from no certificate to a connection that is known by one [S-91 S-95 S-97]", async () => {
      await using fleet = await startFleet(scheme);
      await using running = await startCertificateAgent(fleet.settings);
      const { instanceUid } = running.agent;
      await eventually(() => expect(statusOf(fleet, instanceUid)).toBe(APPLIED));
      const [grant] = fleet.grants;
      expect(fleet.grants).toHaveLength(1);
      expect(new X509Certificate(running.cert ?? "").serialNumber).toBe(grant?.issued.serialNumber);
      expect(fleet.seen[0]?.identity).toBeUndefined();
      expect(fleet.seen.at(-1)?.identity).toEqual({
        name: instanceUid,
        instanceUid,
        credentialId: grant?.issued.serialNumber,
      });
      expect(running.errors).toEqual([]);
    });
  },
);

describe("an agent with a certificate", () => {
  it("gets one for the uid it is told to take, over the connection of the old one [S-100 S-102]", async () => {
    await using fleet = await startFleet("wss");
    const settings = { ...fleet.settings, health: { healthy: true } };
    await using running = await startCertificateAgent(settings);
    const { instanceUid: first } = running.agent;
    await eventually(() => expect(statusOf(fleet, first)).toBe(APPLIED));
    const second = createInstanceUid();
    fleet.renames.set(first, second);
    running.agent.setHealth({ healthy: false });
    await eventually(() => expect(fleet.grants.at(-1)?.issued.instanceUid).toBe(second));
    fleet.renames.clear();
    await eventually(() => expect(fleet.seen.at(-1)?.identity?.instanceUid).toBe(second));
    expect(fleet.grants).toHaveLength(2);
    expect(running.agent.instanceUid).toBe(second);
  });

  it("is cut off when that is revoked, and gets in no more [S-89]", async () => {
    await using fleet = await startFleet("wss");
    await using running = await startCertificateAgent(fleet.settings);
    const { instanceUid } = running.agent;
    await eventually(() => expect(statusOf(fleet, instanceUid)).toBe(APPLIED));
    const serial = fleet.grants[0]?.issued.serialNumber ?? "";
    await fleet.authority.revoke(serial);
    const ofIt = (connection: Connection): boolean =>
      identityOf(connection)?.credentialId === serial;
    await Promise.all([...fleet.server.connections].filter(ofIt).map((one) => one.disconnect()));
    expect(fleet.server.connections.size).toBe(0);
    await eventually(async () => {
      await running.clock.advance(1_000);
      expect(running.log.join("\n")).toContain("403");
    });
    expect(fleet.server.connections.size).toBe(0);
  });
});

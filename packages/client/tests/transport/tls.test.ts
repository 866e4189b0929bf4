import type { TLSSocket } from "node:tls";
import { type CertificateAuthority, createCertificateAuthority } from "@opamp/test-kit";
import { beforeAll, describe, expect, it } from "vitest";
import { createTransport } from "../../src/transport/create-transport.ts";
import { reach, schemes, startEndpoint } from "./_util/endpoint.ts";
import { networkOptions } from "./_util/network-options.ts";

let authority: CertificateAuthority;
let stranger: CertificateAuthority;
beforeAll(async () => {
  authority = await createCertificateAuthority("Fleet CA");
  stranger = await createCertificateAuthority("Another CA");
});

describe.each(schemes)("%ss", (scheme) => {
  it("trusts a server whose certificate descends from the given CA [C-159]", async () => {
    await using server = await startEndpoint(scheme, await authority.issueServer());
    await reach(server.url, { tls: { ca: authority.cert } });
    await reach(server.url, { tls: { ca: [stranger.cert, Buffer.from(authority.cert)] } });
    await reach(server.url.replace("localhost", "127.0.0.1"), { tls: { ca: authority.cert } });
    expect(server.requests()).toHaveLength(3);
  });

  it("refuses a server of another CA, also by default [C-159]", async () => {
    await using server = await startEndpoint(scheme, await authority.issueServer());
    for (const tls of [{}, { ca: stranger.cert }]) {
      await expect(reach(server.url, { tls })).rejects.toMatchObject({
        code: "tls-failed",
        retryable: true,
      });
    }
    expect(server.requests()).toEqual([]);
  });

  it("refuses a server of another name, unless that name was asked for", async () => {
    const names = [{ type: "dns", value: "fleet.example" }] as const;
    const certificate = await authority.issueServer({ names: [...names] });
    await using server = await startEndpoint(scheme, certificate);
    const tls = { ca: authority.cert };
    await expect(reach(server.url, { tls })).rejects.toMatchObject({ code: "tls-failed" });
    await reach(server.url, { tls: { ...tls, serverName: "fleet.example" } });
    expect(server.requests()).toHaveLength(1);
  });

  it("verifies nothing with insecureSkipVerify [C-161]", async () => {
    await using server = await startEndpoint(scheme, await authority.issueServer());
    await reach(server.url, { tls: { insecureSkipVerify: true } });
    expect(server.requests()).toHaveLength(1);
  });

  it("shows its client certificate to a server that asks for one", async () => {
    const server = await startEndpoint(scheme, {
      ...(await authority.issueServer()),
      ca: authority.cert,
      requestCert: true,
      rejectUnauthorized: true,
    });
    await using _ = server;
    const agents: string[] = [];
    server.server.on("secureConnection", (socket: TLSSocket) => {
      agents.push(socket.getPeerCertificate().subject.CN);
    });
    const ca = authority.cert;
    await reach(server.url, { tls: { ca, ...(await authority.issueClient("agent-7")) } });
    expect(agents).toEqual(["agent-7"]);
    await expect(reach(server.url, { tls: { ca } })).rejects.toMatchObject({ retryable: true });
    const foreign = await stranger.issueClient("agent-7");
    await expect(reach(server.url, { tls: { ca, ...foreign } })).rejects.toBeDefined();
    expect(server.requests()).toHaveLength(1);
  });

  it("speaks TLS 1.2 at least, unless told otherwise", async () => {
    const certificate = await authority.issueServer();
    const old = { minVersion: "TLSv1.1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" };
    await using server = await startEndpoint(scheme, {
      ...certificate,
      ...old,
    } as typeof certificate);
    const tls = { ca: authority.cert, ciphers: "DEFAULT@SECLEVEL=0" };
    await expect(reach(server.url, { tls })).rejects.toMatchObject({ code: "tls-failed" });
    await reach(server.url, { tls: { ...tls, minVersion: "TLSv1.1" } });
    expect(server.requests()).toHaveLength(1);
  });

  it("keeps to the versions it was given", async () => {
    const certificate = await authority.issueServer();
    await using server = await startEndpoint(scheme, { ...certificate, maxVersion: "TLSv1.2" });
    await expect(
      reach(server.url, { tls: { ca: authority.cert, minVersion: "TLSv1.3" } }),
    ).rejects.toMatchObject({ code: "tls-failed" });
    await using open = await startEndpoint(scheme, certificate);
    const versions: (string | null)[] = [];
    open.server.on("secureConnection", (socket: TLSSocket) => versions.push(socket.getProtocol()));
    await reach(open.url, { tls: { ca: authority.cert, maxVersion: "TLSv1.2" } });
    await reach(open.url, { tls: { ca: authority.cert } });
    expect(versions).toEqual(["TLSv1.2", "TLSv1.3"]);
  });

  it("speaks no cipher but those it was given", async () => {
    const certificate = await authority.issueServer();
    await using server = await startEndpoint(scheme, { ...certificate, maxVersion: "TLSv1.2" });
    const used: string[] = [];
    server.server.on("secureConnection", (socket: TLSSocket) => used.push(socket.getCipher().name));
    for (const ciphers of ["ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-AES128-GCM-SHA256"]) {
      await reach(server.url, {
        tls: { ca: authority.cert, ciphers: `${ciphers}:${ciphers.replace("ECDSA", "RSA")}` },
      });
    }
    expect(used.map((name) => name.replace("ECDSA", "RSA"))).toEqual([
      "ECDHE-RSA-AES256-GCM-SHA384",
      "ECDHE-RSA-AES128-GCM-SHA256",
    ]);
  });

  it.each([
    ["a key that is none", { cert: "x", key: "y" }],
    ["a CA that is no certificate, such as a path", { ca: "/etc/ssl/ca.pem" }],
    ["a list of CAs that are none", { ca: [Buffer.from("")] }],
    ["a certificate without a key", { cert: "x" }],
    ["a key without a certificate", { key: "y" }],
    ["an unknown cipher", { ciphers: "NO_SUCH_CIPHER" }],
    ["a latest version below the default earliest", { maxVersion: "TLSv1.1" } as const],
    ["versions that exclude each other", { minVersion: "TLSv1.3", maxVersion: "TLSv1.2" } as const],
  ])("refuses %s at creation", (_what, tls) => {
    expect(() => createTransport(networkOptions(`${scheme}s://localhost`, { tls }))).toThrow(
      expect.objectContaining({ code: "invalid-argument" }),
    );
  });
});

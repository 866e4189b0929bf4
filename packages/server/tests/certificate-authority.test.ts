import { createPublicKey, generateKeyPairSync, sign, X509Certificate } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, createServer } from "node:tls";
import { createInstanceUid } from "@opamp/protocol";
import {
  type CertificateAuthorityOptions,
  createCertificateAuthority,
  generateCertificateAuthority,
  type RevokedCertificate,
} from "@opamp/server/certificate-authority";
import {
  createFakeClock,
  createRequest,
  createCertificateAuthority as createTestAuthority,
  publicKeyOfRequest,
} from "@opamp/test-kit";
import { AsnConvert } from "@peculiar/asn1-schema";
import { CertificateList } from "@peculiar/asn1-x509";
import { describe, expect, it } from "vitest";

const DAY_MS = 86_400_000;
const instanceUid = createInstanceUid();

async function generated(options: Partial<CertificateAuthorityOptions> = {}) {
  return createCertificateAuthority({ ...(await generateCertificateAuthority()), ...options });
}

/** What a TLS server says to a client certificate: "let in", or the code of the error. */
async function handshake(
  client: { readonly cert: string; readonly key: string },
  { ca, crl }: { readonly ca: string; readonly crl?: string },
): Promise<string> {
  const own = await createTestAuthority();
  const tls = { ...(await own.issueServer()), ca, requestCert: true, rejectUnauthorized: false };
  const server = createServer({ ...tls, ...(crl !== undefined && { crl }) });
  const accepted = once(server, "secureConnection");
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const socket = connect({
    port,
    host: "127.0.0.1",
    servername: "localhost",
    ca: own.cert,
    ...client,
  });
  socket.on("error", () => undefined);
  const [{ authorized, authorizationError }] = await accepted;
  socket.destroy();
  server.close();
  return authorized ? "let in" : String(authorizationError);
}

describe("a certificate", () => {
  it.each(["P-256", "Ed25519", "RSA-2048"] as const)(
    "of a request with a %s key is for that key and the uid, and a TLS server takes it [S-91 S-94 W-40]",
    async (kind) => {
      const authority = await generated();
      const uris = [`urn:uuid:${instanceUid}`];
      const { csr, key } = await createRequest({ uris, key: kind, commonName: "admin" });
      const issued = await authority.issue({ csr, instanceUid });
      const certificate = new X509Certificate(issued.certificate);
      const root = new X509Certificate(authority.certificate);
      expect(certificate.publicKey.equals(createPublicKey(publicKeyOfRequest(csr)))).toBe(true);
      expect(certificate.subject).toBe(`CN=${instanceUid}`);
      expect(certificate.subjectAltName).toBe(`URI:urn:uuid:${instanceUid}`);
      expect(certificate.keyUsage).toEqual(["1.3.6.1.5.5.7.3.2"]);
      expect(certificate.ca).toBe(false);
      expect(certificate.checkIssued(root) && certificate.verify(root.publicKey)).toBe(true);
      expect(certificate.serialNumber).toBe(issued.serialNumber);
      expect(
        await handshake({ cert: issued.certificate, key }, { ca: authority.certificate }),
      ).toBe("let in");
    },
  );

  it("begins a little before now and ends with the authority's own at the latest", async () => {
    const clock = createFakeClock(Date.UTC(2026, 0, 1, 0, 0, 0, 250));
    const own = await generateCertificateAuthority({ clock, validityMs: 100 * DAY_MS });
    const authority = createCertificateAuthority({ ...own, clock, backdateMs: 60_000 });
    const { csr } = await createRequest();
    await clock.advance(DAY_MS);
    const first = await authority.issue({ csr, instanceUid });
    expect(new X509Certificate(first.certificate).validFrom).toBe("Jan  1 23:59:00 2026 GMT");
    expect(first.notBeforeMs).toBe(Date.UTC(2026, 0, 1, 23, 59));
    expect(first.notAfterMs).toBe(Date.UTC(2026, 0, 2) + 90 * DAY_MS);
    await clock.advance(98 * DAY_MS);
    const last = await authority.issue({ csr, instanceUid });
    expect(last.notAfterMs).toBe(Date.UTC(2026, 0, 1) + 100 * DAY_MS);
    await clock.advance(2 * DAY_MS);
    await expect(authority.issue({ csr, instanceUid })).rejects.toMatchObject({
      code: "invalid-state",
    });
  });

  it("has a random, positive serial number of 128 bits", async () => {
    const authority = await generated();
    const { csr } = await createRequest();
    const serials = new Set<string>();
    for (let i = 0; i < 50; i += 1) {
      serials.add((await authority.issue({ csr, instanceUid })).serialNumber);
    }
    expect(serials.size).toBe(50);
    for (const serial of serials) expect(serial).toMatch(/^[4-7][0-9A-F]{31}$/);
  });
});

describe("a certificate request is refused", () => {
  const other = createInstanceUid();
  it.each([
    ["names another agent in its URI", { uris: [`urn:uuid:${other}`] }, "another agent"],
    ["names another agent in its subject", { commonName: other }, "another agent"],
    ["names two agents", { commonName: instanceUid, uris: [`urn:uuid:${other}`] }, "another agent"],
    ["has a weak key", { key: "RSA-1024" }, "1024 bits; 2048 are needed"],
    ["is signed by way of SHA-1", { key: "P-256 and SHA-1" }, "signature algorithm"],
  ] as const)("that %s [S-94 S-100]", async (_, content, reason) => {
    const authority = await generated();
    const { csr } = await createRequest(content);
    await expect(authority.issue({ csr, instanceUid })).rejects.toMatchObject({
      code: "invalid-argument",
      message: expect.stringContaining(reason),
    });
  });

  it("whose sender does not have the key [S-94]", async () => {
    const authority = await generated();
    const { csr } = await createRequest();
    const lines = csr.trim().split("\n");
    const der = Buffer.from(lines.slice(1, -1).join(""), "base64");
    // The last byte belongs to the signature.
    der.writeUInt8(der.readUInt8(der.length - 1) ^ 1, der.length - 1);
    const forged = [lines[0], der.toString("base64"), lines.at(-1)].join("\n");
    await expect(authority.issue({ csr: forged, instanceUid })).rejects.toMatchObject({
      message: expect.stringContaining("not signed with its own key"),
    });
  });

  it("that is no request at all, whatever it is", async () => {
    const authority = await generated();
    const { csr } = await createRequest();
    const body = csr.split("\n").slice(1, -2).join("");
    const pem = (base64: string): string =>
      `-----BEGIN CERTIFICATE REQUEST-----\n${base64}\n-----END CERTIFICATE REQUEST-----`;
    const nested = Buffer.alloc(8_000, 0x30).toString("base64");
    const texts = ["", "x", csr + csr, pem(""), pem("AAAA"), pem(nested), "-".repeat(20_000)];
    for (let cut = 4; cut < body.length; cut += 12) texts.push(pem(body.slice(0, cut)));
    for (const text of texts) {
      await expect(authority.issue({ csr: text, instanceUid })).rejects.toMatchObject({
        code: "invalid-argument",
      });
    }
  });

  it("that has a key which the policy does not take", async () => {
    const keyPolicy = { curves: ["secp384r1"], ed25519: false, minRsaBits: 0 };
    const authority = await generated({ keyPolicy });
    for (const key of ["P-256", "Ed25519", "RSA-2048"] as const) {
      const { csr } = await createRequest({ key });
      await expect(authority.issue({ csr, instanceUid })).rejects.toMatchObject({
        message: expect.stringMatching(/not taken$/),
      });
    }
  });
});

describe("a revoked certificate", () => {
  it("is on the signed list, by which a TLS server refuses it [S-89]", async () => {
    const authority = await generated();
    const { csr, key } = await createRequest();
    const { certificate, serialNumber } = await authority.issue({ csr, instanceUid });
    const client = { cert: certificate, key };
    const ca = authority.certificate;
    const before = { ca, crl: await authority.revocationList() };
    expect(await handshake(client, before)).toBe("let in");
    expect(await authority.isRevoked(serialNumber)).toBe(false);
    await authority.revoke(serialNumber.toLowerCase().replace(/..(?=.)/g, "$&:"), "superseded");
    expect(await authority.isRevoked(serialNumber)).toBe(true);
    const after = { ca, crl: await authority.revocationList() };
    expect(await handshake(client, after)).toBe("CERT_REVOKED");
  });

  it("is on the list with a positive number, also one that another tool gave it [S-89]", async () => {
    const authority = await generated();
    for (const serialNumber of ["FF01", "00:80:02", "7F03"]) await authority.revoke(serialNumber);
    const body = (await authority.revocationList()).replace(/-----.*-----/g, "");
    const { revokedCertificates = [] } = AsnConvert.parse(
      Buffer.from(body, "base64"),
      CertificateList,
    ).tbsCertList;
    const integers = revokedCertificates.map(({ userCertificate }) =>
      Buffer.from(userCertificate).toString("hex"),
    );
    expect(integers).toEqual(["00ff01", "008002", "7f03"]);
  });

  it("is told once to whoever else takes it [S-90]", async () => {
    const told: RevokedCertificate[] = [];
    const clock = createFakeClock(Date.now());
    const onRevoked = (one: RevokedCertificate): void => void told.push(one);
    const authority = await generated({ clock, onRevoked });
    await authority.revoke("0A0B", "keyCompromise");
    await authority.revoke("0a0b");
    expect(told).toEqual([
      { serialNumber: "0A0B", revokedMs: clock.now(), reason: "keyCompromise" },
    ]);
    await expect(authority.revoke("no number")).rejects.toMatchObject({ code: "invalid-argument" });
  });
});

describe("an authority", () => {
  it("may be made of an existing one, with its key of any usual kind", async () => {
    const { csr } = await createRequest();
    const existing = await createTestAuthority("Existing CA");
    const stranger = generateKeyPairSync("ed25519").privateKey;
    expect(() => createCertificateAuthority({ certificate: existing.cert, key: stranger })).toThrow(
      "the authority's key is not that of its certificate",
    );
    const { certificate, key } = await generateCertificateAuthority({ commonName: "Own" });
    const authority = createCertificateAuthority({ certificate, key });
    const { certificate: issued } = await authority.issue({ csr, instanceUid });
    expect(new X509Certificate(issued).issuer).toBe("CN=Own");
  });

  it("may have its key elsewhere: a function signs [S-92]", async () => {
    const { certificate, key } = await generateCertificateAuthority();
    const seen: string[] = [];
    const authority = createCertificateAuthority({
      certificate,
      async key({ content, algorithm }) {
        seen.push(algorithm);
        return sign("sha256", content, key);
      },
    });
    const { csr } = await createRequest();
    const issued = new X509Certificate((await authority.issue({ csr, instanceUid })).certificate);
    expect(issued.verify(new X509Certificate(certificate).publicKey)).toBe(true);
    expect(seen).toEqual(["ecdsa-with-SHA256"]);
    const broken = createCertificateAuthority({ certificate, key: () => new Uint8Array(70) });
    await expect(broken.issue({ csr, instanceUid })).rejects.toThrow("does not fit");
  });

  it.each([
    { certificate: "nonsense" },
    { key: "nonsense" },
    { validityMs: 0 },
    { backdateMs: -1 },
    { listValidityMs: Number.NaN },
    { keyPolicy: { curve: "P-256" } },
    { valid: 1 },
  ])("is not made with %j, and the error holds no key", async (wrong) => {
    const own = await generateCertificateAuthority();
    const make = () => createCertificateAuthority({ ...own, ...(wrong as object) });
    expect(make).toThrow(expect.objectContaining({ code: "invalid-argument" }));
    expect(make).not.toThrow("PRIVATE");
  });

  it("is not made of a certificate that is not one's", async () => {
    const existing = await createTestAuthority();
    const { cert, key } = await existing.issueServer();
    expect(() => createCertificateAuthority({ certificate: cert, key })).toThrow(
      "not that of an authority",
    );
  });
});

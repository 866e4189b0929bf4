// The container inside @peculiar/x509 asks for this polyfill.
import "reflect-metadata";

import { webcrypto } from "node:crypto";
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type JsonGeneralNames,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";

/** A certificate and its private key, in PEM form. */
export interface KeyedCertificate {
  readonly cert: string;
  readonly key: string;
}

/** Issues certificates for tests; valid for a day. */
export interface CertificateAuthority {
  /** The authority's own certificate, in PEM form. */
  readonly cert: string;
  /** For a server named localhost and 127.0.0.1, or as given. */
  issueServer(options?: { readonly names?: JsonGeneralNames }): Promise<KeyedCertificate>;
  /** For a client with this common name. */
  issueClient(commonName: string): Promise<KeyedCertificate>;
}

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

const LOCAL_NAMES: JsonGeneralNames = [
  { type: "dns", value: "localhost" },
  { type: "ip", value: "127.0.0.1" },
];

/** Makes a certificate authority with fresh keys. */
export async function createCertificateAuthority(
  commonName = "Test CA",
): Promise<CertificateAuthority> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const name = `CN=${commonName}`;
  const root = await X509CertificateGenerator.createSelfSigned({
    name,
    keys,
    signingAlgorithm: ALGORITHM,
    ...validity(),
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
    ],
  });
  const issue = async (request: LeafRequest): Promise<KeyedCertificate> => {
    const leaf = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
    const certificate = await X509CertificateGenerator.create({
      issuer: name,
      signingKey: keys.privateKey,
      publicKey: leaf.publicKey,
      subject: `CN=${request.commonName}`,
      signingAlgorithm: ALGORITHM,
      ...validity(),
      extensions: [
        new ExtendedKeyUsageExtension([request.usage]),
        ...(request.names ? [new SubjectAlternativeNameExtension(request.names)] : []),
      ],
    });
    return { cert: certificate.toString("pem"), key: await keyPem(leaf.privateKey) };
  };
  return {
    cert: root.toString("pem"),
    issueServer: ({ names = LOCAL_NAMES } = {}) =>
      issue({ commonName: "server", usage: ExtendedKeyUsage.serverAuth, names }),
    issueClient: (clientName) =>
      issue({ commonName: clientName, usage: ExtendedKeyUsage.clientAuth }),
  };
}

interface LeafRequest {
  readonly commonName: string;
  readonly usage: ExtendedKeyUsage;
  readonly names?: JsonGeneralNames;
}

const HOUR_MS = 3_600_000;

function validity(): { readonly notBefore: Date; readonly notAfter: Date } {
  const nowMs = Date.now();
  return { notBefore: new Date(nowMs - HOUR_MS), notAfter: new Date(nowMs + 24 * HOUR_MS) };
}

async function keyPem(key: webcrypto.CryptoKey): Promise<string> {
  return PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY");
}

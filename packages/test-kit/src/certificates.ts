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
  Pkcs10CertificateRequest,
  Pkcs10CertificateRequestGenerator,
  type PublicKeyType,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";

/** A certificate and its private key, in PEM form. */
export interface KeyedCertificate {
  readonly cert: string;
  readonly key: string;
}

/** Between which times a certificate is valid, in milliseconds since the epoch. */
export interface Validity {
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

export interface SignOptions {
  readonly validity?: Validity;
  /** Instead of the subject and the alternative names of the request. */
  readonly commonName?: string;
}

/** Issues certificates for tests; valid for a day, unless said otherwise. */
export interface CertificateAuthority {
  /** The authority's own certificate, in PEM form. */
  readonly cert: string;
  /** For a server named localhost and 127.0.0.1, or as given. */
  issueServer(options?: { readonly names?: JsonGeneralNames }): Promise<KeyedCertificate>;
  /** For a client with this common name. */
  issueClient(commonName: string): Promise<KeyedCertificate>;
  /**
   * A client certificate, in PEM form, for the key of a request in PEM form. Rejects when the request
   * is not signed with its key.
   */
  signRequest(csr: string, options?: SignOptions): Promise<string>;
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
    ...dates(aroundNow()),
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
    ],
  });
  const certify = async (request: LeafRequest): Promise<string> => {
    const certificate = await X509CertificateGenerator.create({
      issuer: name,
      signingKey: keys.privateKey,
      publicKey: request.publicKey,
      subject: request.subject,
      signingAlgorithm: ALGORITHM,
      ...dates(request.validity ?? aroundNow()),
      extensions: [
        new ExtendedKeyUsageExtension([request.usage]),
        ...(request.names ? [new SubjectAlternativeNameExtension(request.names)] : []),
      ],
    });
    return certificate.toString("pem");
  };
  const issue = async (request: Omit<LeafRequest, "publicKey">): Promise<KeyedCertificate> => {
    const leaf = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
    const cert = await certify({ ...request, publicKey: leaf.publicKey });
    return { cert, key: await keyPem(leaf.privateKey) };
  };
  return {
    cert: root.toString("pem"),
    issueServer: ({ names = LOCAL_NAMES } = {}) =>
      issue({ subject: "CN=server", usage: ExtendedKeyUsage.serverAuth, names }),
    issueClient: (clientName) =>
      issue({ subject: `CN=${clientName}`, usage: ExtendedKeyUsage.clientAuth }),
    async signRequest(csr, { validity = aroundNow(), commonName } = {}) {
      const request = new Pkcs10CertificateRequest(csr);
      if (!(await request.verify())) throw new Error("the request is not signed with its key");
      const { publicKey } = request;
      const asked = commonName === undefined ? namesOf(request) : { subject: `CN=${commonName}` };
      return certify({ ...asked, publicKey, usage: ExtendedKeyUsage.clientAuth, validity });
    },
  };
}

function namesOf(request: Pkcs10CertificateRequest): Pick<LeafRequest, "subject" | "names"> {
  const alternative = request.extensions.find(
    (extension) => extension instanceof SubjectAlternativeNameExtension,
  );
  const names = alternative?.names.toJSON();
  return { subject: request.subject, ...(names && { names }) };
}

/** What a certificate request says, and by which key. */
export interface RequestContent {
  readonly commonName?: string;
  readonly uris?: readonly string[];
  /** @default "P-256" */
  readonly key?: "P-256" | "Ed25519" | "RSA-1024" | "RSA-2048" | "P-256 and SHA-1";
}

const REQUEST_ALGORITHMS = {
  "P-256": ALGORITHM,
  "P-256 and SHA-1": { ...ALGORITHM, hash: "SHA-1" },
  Ed25519: { name: "Ed25519" },
  "RSA-1024": rsa(1024),
  "RSA-2048": rsa(2048),
} as const;

function rsa(modulusLength: number): webcrypto.RsaHashedKeyGenParams & { readonly hash: string } {
  const publicExponent = new Uint8Array([1, 0, 1]);
  return { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256", publicExponent, modulusLength };
}

/** Makes a certificate request and its key, both in PEM form. */
export async function createRequest({
  commonName = "edge",
  uris = [],
  key = "P-256",
}: RequestContent = {}): Promise<{ readonly csr: string; readonly key: string }> {
  const algorithm = REQUEST_ALGORITHMS[key];
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"])) as {
    readonly privateKey: webcrypto.CryptoKey;
    readonly publicKey: webcrypto.CryptoKey;
  };
  const names = uris.map((value) => ({ type: "url", value }) as const);
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: `CN=${commonName}`,
    keys,
    signingAlgorithm: algorithm,
    ...(uris.length > 0 && { extensions: [new SubjectAlternativeNameExtension(names)] }),
  });
  return { csr: request.toString("pem"), key: await keyPem(keys.privateKey) };
}

/** The public key of a request, both in PEM form. */
export function publicKeyOfRequest(csr: string): string {
  return new Pkcs10CertificateRequest(csr).publicKey.toString("pem");
}

interface LeafRequest {
  readonly publicKey: PublicKeyType;
  readonly subject: string;
  readonly validity?: Validity;
  readonly usage: ExtendedKeyUsage;
  readonly names?: JsonGeneralNames;
}

const HOUR_MS = 3_600_000;

function aroundNow(): Validity {
  const nowMs = Date.now();
  return { notBeforeMs: nowMs - HOUR_MS, notAfterMs: nowMs + 24 * HOUR_MS };
}

function dates({ notBeforeMs, notAfterMs }: Validity): {
  readonly notBefore: Date;
  readonly notAfter: Date;
} {
  return { notBefore: new Date(notBeforeMs), notAfter: new Date(notAfterMs) };
}

async function keyPem(key: webcrypto.CryptoKey): Promise<string> {
  return PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY");
}

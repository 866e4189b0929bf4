import { generateKeyPair } from "node:crypto";
import { promisify } from "node:util";
import { type Clock, OpAMPError, systemClock } from "@opamp/protocol";
import { AsnConvert } from "@peculiar/asn1-schema";
import { SubjectPublicKeyInfo } from "@peculiar/asn1-x509";
import { assertDuration } from "./authority-options.ts";
import {
  authorityExtensions,
  buildCertificate,
  createSerialNumber,
  nameOf,
} from "./build-certificate.ts";
import { signerOf } from "./signer.ts";

/** Every member is optional. */
export interface GenerateAuthorityOptions {
  /** @default "OpAMP agents" */
  readonly commonName?: string;
  /** @default 315360000000 (10 years) */
  readonly validityMs?: number;
  /** @default the system's */
  readonly clock?: Clock;
}

/** An authority to be kept: `key` is what nobody else may ever see. */
export interface GeneratedAuthority {
  /** In PEM form, signed by itself. */
  readonly certificate: string;
  /** In PEM form: ECDSA on P-256. */
  readonly key: string;
}

const YEAR_MS = 365 * 86_400_000;
const generate = promisify(generateKeyPair);

/**
 * Makes the certificate and the key of a new authority, for agents alone. Rejects with
 * `invalid-argument` for options that make no sense.
 */
export async function generateCertificateAuthority({
  commonName = "OpAMP agents",
  validityMs = 10 * YEAR_MS,
  clock = systemClock,
}: GenerateAuthorityOptions = {}): Promise<GeneratedAuthority> {
  assertDuration("validityMs", validityMs, 1000);
  if (commonName === "") throw new OpAMPError("invalid-argument", "commonName is empty");
  const { publicKey, privateKey } = await generate("ec", { namedCurve: "P-256" });
  const spki = publicKey.export({ type: "spki", format: "der" });
  const publicKeyInfo = AsnConvert.parse(spki, SubjectPublicKeyInfo);
  const name = nameOf(commonName);
  const notBeforeMs = Math.floor(clock.now() / 1000) * 1000;
  const content = {
    serialNumber: createSerialNumber(),
    issuer: name,
    subject: name,
    publicKeyInfo,
    validity: { notBeforeMs, notAfterMs: notBeforeMs + validityMs },
    extensions: authorityExtensions(publicKeyInfo),
  };
  return {
    certificate: await buildCertificate(content, signerOf(publicKey, privateKey)),
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

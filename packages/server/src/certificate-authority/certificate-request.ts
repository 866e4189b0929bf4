import { createPublicKey, type KeyObject, verify } from "node:crypto";
import { type InstanceUid, OpAMPError } from "@opamp/protocol";
import { instanceUidFromName } from "@opamp/protocol/internal";
import { CertificationRequest } from "@peculiar/asn1-csr";
import { AsnConvert } from "@peculiar/asn1-schema";
import {
  Extensions,
  id_ce_subjectAltName,
  type Name,
  SubjectAlternativeName,
  type SubjectPublicKeyInfo,
} from "@peculiar/asn1-x509";
import { type KeyPolicy, reasonAgainstKey } from "./key-policy.ts";
import { derFromPem } from "./pem.ts";
import { algorithmByOid } from "./signature-algorithms.ts";

/** A request whose sender has the private key that belongs to it. */
export interface VerifiedRequest {
  readonly publicKey: KeyObject;
  readonly publicKeyInfo: SubjectPublicKeyInfo;
  /** All uids that it names. */
  readonly instanceUids: readonly InstanceUid[];
}

/** Requests are smaller: what is larger is not looked at. */
const MAX_BYTES = 16_384;

/**
 * Reads a certificate request (PKCS #10) in PEM form, and verifies that its key is taken and that it
 * is signed with it (S-94). Throws `invalid-argument` with the reason.
 */
export function verifyCertificateRequest(
  pem: string,
  policy: Required<KeyPolicy>,
): VerifiedRequest {
  const request = parse(pem);
  const { subject, subjectPKInfo, attributes } = request.certificationRequestInfo;
  const publicKey = publicKeyOf(subjectPKInfo);
  // Before it is used: some keys take long.
  const reason = reasonAgainstKey(publicKey, policy);
  if (reason !== undefined) throw refused(reason);
  if (!isSignedBy(publicKey, request)) throw refused("it is not signed with its own key");
  const extensions = attributes
    .filter(({ type }) => type === EXTENSION_REQUEST)
    .flatMap(({ values }) => values);
  const names = [...commonNames(subject), ...attempt(() => extensions.flatMap(urisIn))];
  const uids = names.flatMap((name) => instanceUidFromName(name) ?? []);
  return { publicKey, publicKeyInfo: subjectPKInfo, instanceUids: [...new Set(uids)] };
}

/** PKCS #9: extensions that the certificate is to have. */
const EXTENSION_REQUEST = "1.2.840.113549.1.9.14";
const COMMON_NAME = "2.5.4.3";

function parse(pem: string): CertificationRequest {
  if (pem.length > MAX_BYTES) throw refused("it is too long");
  const der = derFromPem("CERTIFICATE REQUEST", pem) ?? derFromPem("NEW CERTIFICATE REQUEST", pem);
  if (der === undefined) throw refused("it is not in PEM form");
  return attempt(() => AsnConvert.parse(der, CertificationRequest));
}

function publicKeyOf(info: SubjectPublicKeyInfo): KeyObject {
  const key = Buffer.from(AsnConvert.serialize(info));
  return attempt(() => createPublicKey({ key, format: "der", type: "spki" }));
}

function isSignedBy(
  publicKey: KeyObject,
  { certificationRequestInfoRaw: content, signatureAlgorithm, signature }: CertificationRequest,
): boolean {
  const algorithm = algorithmByOid(signatureAlgorithm.algorithm);
  if (algorithm === undefined) throw refused("its signature algorithm is not taken");
  if (content === undefined || algorithm.keyType !== publicKey.asymmetricKeyType) return false;
  const data = Buffer.from(content);
  return attempt(() => verify(algorithm.digest, data, publicKey, Buffer.from(signature)));
}

function commonNames(subject: Name): readonly string[] {
  const attributes = subject.flatMap((relative) => [...relative]);
  return attributes.flatMap(({ type, value }) => (type === COMMON_NAME ? [value.toString()] : []));
}

function urisIn(extensions: ArrayBuffer): readonly string[] {
  const wanted = AsnConvert.parse(extensions, Extensions).filter(
    ({ extnID }) => extnID === id_ce_subjectAltName,
  );
  return wanted.flatMap(({ extnValue }) =>
    AsnConvert.parse(extnValue, SubjectAlternativeName).flatMap(
      ({ uniformResourceIdentifier: uri }) => (uri === undefined ? [] : [uri]),
    ),
  );
}

/** Whatever a library throws at bytes of a stranger. */
function attempt<T>(read: () => T): T {
  try {
    return read();
  } catch (thrown) {
    throw refused("it cannot be read", thrown);
  }
}

export function refused(why: string, cause?: unknown): OpAMPError {
  return new OpAMPError("invalid-argument", `the certificate request is refused: ${why}`, {
    cause,
  });
}

import { createPrivateKey, createPublicKey, type KeyObject, sign } from "node:crypto";
import type { InstanceUid } from "@opamp/protocol";
import { uriOfInstanceUid } from "@opamp/protocol/internal";
import { Attributes, CertificationRequest, CertificationRequestInfo } from "@peculiar/asn1-csr";
import { AsnConvert, OctetString } from "@peculiar/asn1-schema";
import {
  AlgorithmIdentifier,
  Attribute,
  AttributeTypeAndValue,
  AttributeValue,
  Extension,
  Extensions,
  GeneralName,
  id_ce_subjectAltName,
  Name,
  RelativeDistinguishedName,
  SubjectAlternativeName,
  SubjectPublicKeyInfo,
} from "@peculiar/asn1-x509";
import type { CertificateSubject } from "./certificate-settings.ts";

// Import this file when a request is made, not before: loading ASN.1 takes its time.

export interface CertificateRequestContent {
  readonly instanceUid: InstanceUid;
  readonly subject: CertificateSubject;
  /** In PEM form; only its public half goes into the request. */
  readonly privateKey: string;
}

/**
 * A certificate request (PKCS #10) in PEM form, signed with its own key (C-152). It carries the uid
 * as a URI among the alternative names, and as the common name unless the subject has another one.
 */
export function createCertificateRequest({
  instanceUid,
  subject,
  privateKey,
}: CertificateRequestContent): string {
  const key = createPrivateKey(privateKey);
  const info = new CertificationRequestInfo({
    subject: nameOf({ commonName: instanceUid, ...subject }),
    subjectPKInfo: publicKeyInfo(key),
    attributes: new Attributes([alternativeName(uriOfInstanceUid(instanceUid))]),
  });
  const request = new CertificationRequest({
    certificationRequestInfo: info,
    ...signatureOf(key, AsnConvert.serialize(info)),
  });
  return pemOf(AsnConvert.serialize(request));
}

/** In the order in which names are written: the widest first. */
const attributeTypes = [
  ["organization", "2.5.4.10"],
  ["organizationalUnit", "2.5.4.11"],
  ["commonName", "2.5.4.3"],
] as const;

function nameOf(subject: CertificateSubject): Name {
  const names = attributeTypes.flatMap(([member, type]) => {
    const utf8String = subject[member];
    if (utf8String === undefined) return [];
    const value = new AttributeValue({ utf8String });
    return [new RelativeDistinguishedName([new AttributeTypeAndValue({ type, value })])];
  });
  return new Name(names);
}

function publicKeyInfo(key: KeyObject): SubjectPublicKeyInfo {
  const spki = createPublicKey(key).export({ type: "spki", format: "der" });
  return AsnConvert.parse(spki, SubjectPublicKeyInfo);
}

/** PKCS #9: extensions that the certificate is to have. */
const EXTENSION_REQUEST = "1.2.840.113549.1.9.14";

function alternativeName(uniformResourceIdentifier: string): Attribute {
  const names = new SubjectAlternativeName([new GeneralName({ uniformResourceIdentifier })]);
  const extension = new Extension({
    extnID: id_ce_subjectAltName,
    extnValue: new OctetString(AsnConvert.serialize(names)),
  });
  const values = [AsnConvert.serialize(new Extensions([extension]))];
  return new Attribute({ type: EXTENSION_REQUEST, values });
}

const ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2";
const ED25519 = "1.3.101.112";

function signatureOf(
  key: KeyObject,
  content: ArrayBuffer,
): Pick<CertificationRequest, "signatureAlgorithm" | "signature"> {
  const [algorithm, digest] =
    key.asymmetricKeyType === "ed25519" ? [ED25519, null] : [ECDSA_WITH_SHA256, "sha256"];
  return {
    signatureAlgorithm: new AlgorithmIdentifier({ algorithm }),
    signature: new Uint8Array(sign(digest, Buffer.from(content), key)).buffer,
  };
}

function pemOf(der: ArrayBuffer): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  const label = "CERTIFICATE REQUEST";
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}

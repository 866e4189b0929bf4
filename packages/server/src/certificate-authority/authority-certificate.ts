import { createHash, X509Certificate } from "node:crypto";
import { OpAMPError } from "@opamp/protocol";
import { AsnConvert, OctetString } from "@peculiar/asn1-schema";
import {
  AuthorityKeyIdentifier,
  Certificate,
  Extension,
  id_ce_authorityKeyIdentifier,
  id_ce_subjectKeyIdentifier,
  KeyIdentifier,
  type Name,
  SubjectKeyIdentifier,
  type SubjectPublicKeyInfo,
} from "@peculiar/asn1-x509";

/** What certificates and lists of an authority take from its own certificate. */
export interface AuthorityCertificate {
  readonly certificate: X509Certificate;
  readonly name: Name;
  /** Says by which key of the authority something was signed. */
  readonly keyIdentifier: Extension;
}

/** Reads an authority's certificate. Throws `invalid-argument` when it is none. */
export function readAuthorityCertificate(pem: string): AuthorityCertificate {
  const certificate = parse(pem);
  if (!certificate.ca) {
    throw new OpAMPError("invalid-argument", "the certificate is not that of an authority");
  }
  const { subject, subjectPublicKeyInfo, extensions } = AsnConvert.parse(
    certificate.raw,
    Certificate,
  ).tbsCertificate;
  const own = extensions?.find(({ extnID }) => extnID === id_ce_subjectKeyIdentifier);
  const identifier =
    own === undefined
      ? keyIdentifierOf(subjectPublicKeyInfo)
      : AsnConvert.parse(own.extnValue, SubjectKeyIdentifier);
  const keyIdentifier = extension(
    id_ce_authorityKeyIdentifier,
    new AuthorityKeyIdentifier({ keyIdentifier: new KeyIdentifier(identifier) }),
  );
  return { certificate, name: subject, keyIdentifier };
}

/** RFC 7093, section 2, method 1. */
export function keyIdentifierOf(info: SubjectPublicKeyInfo): SubjectKeyIdentifier {
  const digest = createHash("sha256").update(new Uint8Array(info.subjectPublicKey)).digest();
  return new SubjectKeyIdentifier(new Uint8Array(digest.subarray(0, 20)));
}

/** An extension of a certificate or a list. */
export function extension(extnID: string, value: object, critical = false): Extension {
  const extnValue = new OctetString(AsnConvert.serialize(value));
  return new Extension({ extnID, critical, extnValue });
}

function parse(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (thrown) {
    throw OpAMPError.from(thrown, "invalid-argument", "the authority's certificate");
  }
}

import { randomBytes } from "node:crypto";
import { AsnConvert } from "@peculiar/asn1-schema";
import {
  AttributeTypeAndValue,
  AttributeValue,
  BasicConstraints,
  Certificate,
  ExtendedKeyUsage,
  type Extension,
  Extensions,
  GeneralName,
  id_ce_basicConstraints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_subjectAltName,
  id_ce_subjectKeyIdentifier,
  id_kp_clientAuth,
  KeyUsage,
  KeyUsageFlags,
  Name,
  RelativeDistinguishedName,
  SubjectAlternativeName,
  type SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version,
} from "@peculiar/asn1-x509";
import { extension, keyIdentifierOf } from "./authority-certificate.ts";
import { pemFromDer } from "./pem.ts";
import type { Signer } from "./signer.ts";

/** What a certificate says. */
export interface CertificateContent {
  readonly serialNumber: string;
  readonly issuer: Name;
  readonly subject: Name;
  readonly publicKeyInfo: SubjectPublicKeyInfo;
  readonly validity: { readonly notBeforeMs: number; readonly notAfterMs: number };
  readonly extensions: readonly Extension[];
}

/** Makes a certificate in PEM form. */
export async function buildCertificate(
  { serialNumber, issuer, subject, publicKeyInfo, validity, extensions }: CertificateContent,
  signer: Signer,
): Promise<string> {
  const tbsCertificate = new TBSCertificate({
    version: Version.v3,
    serialNumber: bytesOfSerial(serialNumber),
    signature: signer.identifier,
    issuer,
    subject,
    subjectPublicKeyInfo: publicKeyInfo,
    validity: new Validity({
      notBefore: new Date(validity.notBeforeMs),
      notAfter: new Date(validity.notAfterMs),
    }),
    extensions: new Extensions([...extensions]),
  });
  const signatureValue = await signer.sign(AsnConvert.serialize(tbsCertificate));
  const signatureAlgorithm = signer.identifier;
  const certificate = new Certificate({ tbsCertificate, signatureAlgorithm, signatureValue });
  return pemFromDer("CERTIFICATE", AsnConvert.serialize(certificate));
}

/** A random number of 128 bits, positive and without zeros in front, in upper case digits. */
export function createSerialNumber(): string {
  const bytes = randomBytes(16);
  bytes.writeUInt8((bytes.readUInt8(0) & 0x7f) | 0x40, 0);
  return bytes.toString("hex").toUpperCase();
}

/** As a DER integer, whose first bit would say that it is negative. */
export function bytesOfSerial(serialNumber: string): ArrayBuffer {
  const digits = /^[89a-f]/i.test(serialNumber) ? `00${serialNumber}` : serialNumber;
  return new Uint8Array(Buffer.from(digits, "hex")).buffer;
}

export function nameOf(commonName: string): Name {
  const value = new AttributeValue({ utf8String: commonName });
  const attribute = new AttributeTypeAndValue({ type: "2.5.4.3", value });
  return new Name([new RelativeDistinguishedName([attribute])]);
}

/** Of a certificate by which a client says who it is, and nothing else. */
export function clientExtensions(publicKey: SubjectPublicKeyInfo, uri: string): Extension[] {
  const names = [new GeneralName({ uniformResourceIdentifier: uri })];
  return [
    extension(id_ce_basicConstraints, new BasicConstraints({ cA: false }), true),
    extension(id_ce_keyUsage, new KeyUsage(KeyUsageFlags.digitalSignature), true),
    extension(id_ce_extKeyUsage, new ExtendedKeyUsage([id_kp_clientAuth])),
    extension(id_ce_subjectAltName, new SubjectAlternativeName(names)),
    extension(id_ce_subjectKeyIdentifier, keyIdentifierOf(publicKey)),
  ];
}

/** Of an authority that signs certificates of clients and lists, and no other authorities. */
export function authorityExtensions(publicKey: SubjectPublicKeyInfo): Extension[] {
  const usage = KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign;
  const constraints = new BasicConstraints({ cA: true, pathLenConstraint: 0 });
  return [
    extension(id_ce_basicConstraints, constraints, true),
    extension(id_ce_keyUsage, new KeyUsage(usage), true),
    extension(id_ce_subjectKeyIdentifier, keyIdentifierOf(publicKey)),
  ];
}

import { AsnConvert, OctetString } from "@peculiar/asn1-schema";
import {
  CertificateList,
  CRLReason,
  Extension,
  id_ce_cRLNumber,
  id_ce_cRLReasons,
  RevokedCertificate as ListedCertificate,
  TBSCertList,
  Time,
  Version,
} from "@peculiar/asn1-x509";
import { type AuthorityCertificate, extension } from "./authority-certificate.ts";
import { bytesOfSerial } from "./build-certificate.ts";
import { pemFromDer } from "./pem.ts";
import { type RevokedCertificate, revocationReasons } from "./revocations.ts";
import type { Signer } from "./signer.ts";

export interface RevocationListContent {
  readonly authority: AuthorityCertificate;
  readonly revoked: readonly RevokedCertificate[];
  readonly thisUpdateMs: number;
  readonly nextUpdateMs: number;
}

/** Makes a list of revoked certificates (CRL, version 2) in PEM form. */
export async function buildRevocationList(
  { authority, revoked, thisUpdateMs, nextUpdateMs }: RevocationListContent,
  signer: Signer,
): Promise<string> {
  const tbsCertList = new TBSCertList({
    version: Version.v2,
    signature: signer.identifier,
    issuer: authority.name,
    thisUpdate: new Time(new Date(thisUpdateMs)),
    nextUpdate: new Time(new Date(nextUpdateMs)),
    // An empty list must be left out.
    ...(revoked.length > 0 && { revokedCertificates: revoked.map(entryOf) }),
    crlExtensions: [authority.keyIdentifier, listNumber(thisUpdateMs)],
  });
  const signature = await signer.sign(AsnConvert.serialize(tbsCertList));
  const list = new CertificateList({
    tbsCertList,
    signatureAlgorithm: signer.identifier,
    signature,
  });
  return pemFromDer("X509 CRL", AsnConvert.serialize(list));
}

function entryOf({ serialNumber, revokedMs, reason }: RevokedCertificate): ListedCertificate {
  return new ListedCertificate({
    userCertificate: bytesOfSerial(serialNumber),
    revocationDate: new Time(new Date(revokedMs)),
    // RFC 5280, section 5.3.1: the unspecified reason is not said.
    ...(reason !== "unspecified" && {
      crlEntryExtensions: [extension(id_ce_cRLReasons, new CRLReason(revocationReasons[reason]))],
    }),
  });
}

/** The time as a number that grows: 48 bits of milliseconds, which the library's number cannot hold. */
function listNumber(thisUpdateMs: number): Extension {
  const integer = Buffer.alloc(8);
  integer.writeUInt8(0x02, 0);
  integer.writeUInt8(6, 1);
  integer.writeUIntBE(thisUpdateMs, 2, 6);
  const extnValue = new OctetString(new Uint8Array(integer));
  return new Extension({ extnID: id_ce_cRLNumber, critical: false, extnValue });
}

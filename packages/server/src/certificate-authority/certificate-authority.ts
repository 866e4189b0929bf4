import type { KeyObject } from "node:crypto";
import { type InstanceUid, OpAMPError, parseInstanceUid } from "@opamp/protocol";
import { uriOfInstanceUid } from "@opamp/protocol/internal";
import { type AuthorityCertificate, readAuthorityCertificate } from "./authority-certificate.ts";
import {
  type CertificateAuthorityOptions,
  type ResolvedAuthorityOptions,
  resolveAuthorityOptions,
} from "./authority-options.ts";
import {
  buildCertificate,
  clientExtensions,
  createSerialNumber,
  nameOf,
} from "./build-certificate.ts";
import { refused, type VerifiedRequest, verifyCertificateRequest } from "./certificate-request.ts";
import { buildRevocationList } from "./revocation-list.ts";
import { normalizeSerial, type RevocationReason } from "./revocations.ts";
import { createSigner, type Signer } from "./signer.ts";

/** Signs certificate requests of agents, and says which certificates are not good any more. */
export interface CertificateAuthority {
  /** Its own certificate, in PEM form: what a server takes as `ca` in its TLS options. */
  readonly certificate: string;
  /**
   * Whether a request is one to make a certificate of. Throws `invalid-argument` when it cannot be
   * read, is not signed with its own key, has a key that is not taken, or names the uid of another
   * agent (S-94, S-100).
   */
  verify(application: CertificateApplication): { readonly publicKey: KeyObject };
  /**
   * Makes a client certificate. Rejects as `verify` throws, and with `invalid-state` when the
   * authority's own certificate is not valid now.
   */
  issue(application: CertificateApplication): Promise<IssuedCertificate>;
  /** Takes a certificate back, by its serial number. Again, it does nothing. */
  revoke(serialNumber: string, reason?: RevocationReason): Promise<void>;
  isRevoked(serialNumber: string): Promise<boolean>;
  /** The signed list of what is revoked (CRL), in PEM form. */
  revocationList(): Promise<string>;
}

/** What a certificate is made of. */
export interface CertificateApplication {
  /** A certificate request, in PEM form. Only its key gets into the certificate. */
  readonly csr: string;
  /** The agent that sends it. */
  readonly instanceUid: InstanceUid;
}

export interface IssuedCertificate {
  /** In PEM form. */
  readonly certificate: string;
  readonly instanceUid: InstanceUid;
  /** Upper case hexadecimal digits, as Node says it of a peer's certificate. */
  readonly serialNumber: string;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/**
 * Makes an authority of its certificate and key. Throws `invalid-argument` when they do not belong
 * together, or for options that make no sense.
 */
export function createCertificateAuthority(
  options: CertificateAuthorityOptions,
): CertificateAuthority {
  const resolved = resolveAuthorityOptions(options);
  const authority = readAuthorityCertificate(resolved.certificate);
  const signer = createSigner(authority.certificate, resolved.key);
  return new SigningAuthority(resolved, authority, signer);
}

class SigningAuthority implements CertificateAuthority {
  readonly certificate: string;
  readonly #options: ResolvedAuthorityOptions;
  readonly #authority: AuthorityCertificate;
  readonly #signer: Signer;

  constructor(options: ResolvedAuthorityOptions, authority: AuthorityCertificate, signer: Signer) {
    this.certificate = options.certificate;
    this.#options = options;
    this.#authority = authority;
    this.#signer = signer;
  }

  verify({ csr, instanceUid }: CertificateApplication): VerifiedRequest {
    const uid = parseInstanceUid(instanceUid);
    const request = verifyCertificateRequest(csr, this.#options.keyPolicy);
    if (request.instanceUids.every((named) => named === uid)) return request;
    throw refused("it names the uid of another agent");
  }

  async issue(application: CertificateApplication): Promise<IssuedCertificate> {
    const { publicKeyInfo } = this.verify(application);
    const uid = parseInstanceUid(application.instanceUid);
    const validity = this.#validity();
    const serialNumber = createSerialNumber();
    const content = {
      serialNumber,
      issuer: this.#authority.name,
      // Whatever else the request says of its sender is not known to be true.
      subject: nameOf(uid),
      publicKeyInfo,
      validity,
      extensions: [
        ...clientExtensions(publicKeyInfo, uriOfInstanceUid(uid)),
        this.#authority.keyIdentifier,
      ],
    };
    const certificate = await buildCertificate(content, this.#signer);
    return { certificate, instanceUid: uid, serialNumber, ...validity };
  }

  async revoke(serialNumber: string, reason: RevocationReason = "unspecified"): Promise<void> {
    const { revocations, onRevoked, clock } = this.#options;
    const serial = normalizeSerial(serialNumber);
    if (await revocations.has(serial)) return;
    const revoked = { serialNumber: serial, revokedMs: clock.now(), reason };
    await revocations.add(revoked);
    await onRevoked?.(revoked);
  }

  async isRevoked(serialNumber: string): Promise<boolean> {
    return this.#options.revocations.has(normalizeSerial(serialNumber));
  }

  async revocationList(): Promise<string> {
    const { revocations, listValidityMs, clock } = this.#options;
    const revoked = await revocations.list();
    const thisUpdateMs = clock.now();
    const nextUpdateMs = thisUpdateMs + listValidityMs;
    const content = { authority: this.#authority, revoked, thisUpdateMs, nextUpdateMs };
    return buildRevocationList(content, this.#signer);
  }

  /** In whole seconds, within what the authority's own certificate allows. */
  #validity(): Pick<IssuedCertificate, "notBeforeMs" | "notAfterMs"> {
    const { clock, validityMs, backdateMs } = this.#options;
    const { validFromDate, validToDate } = this.#authority.certificate;
    const nowMs = Math.floor(clock.now() / 1000) * 1000;
    const notBeforeMs = Math.max(nowMs - backdateMs, validFromDate.getTime());
    const notAfterMs = Math.min(nowMs + validityMs, validToDate.getTime());
    if (notBeforeMs <= nowMs && notAfterMs > nowMs) return { notBeforeMs, notAfterMs };
    throw new OpAMPError("invalid-state", "the authority's own certificate is not valid now");
  }
}

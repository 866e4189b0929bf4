import type { PeerCertificate } from "node:tls";
import type { InstanceUid } from "@opamp/protocol";
import { assertKnownMembers, uidsOfCertificate } from "@opamp/protocol/internal";
import type { ConnectDecision } from "../connect-request.ts";
import { isPromise } from "../invoke-callback.ts";
import type { ConnectCheck } from "./connect-check.ts";
import type { Identity } from "./identity.ts";

/** Every member is optional. */
export interface ClientCertificateOptions {
  /**
   * Whether a certificate was revoked (S-89), by its serial number in upper case hexadecimal digits.
   * @default none is
   */
  readonly isRevoked?: (
    serialNumber: string,
    certificate: PeerCertificate,
  ) => boolean | Promise<boolean>;
  /** Whether it has to name the uid of an agent. @default false */
  readonly requireUid?: boolean;
}

const known: Readonly<Record<keyof ClientCertificateOptions, true>> = {
  isRevoked: true,
  requireUid: true,
};

/**
 * Lets in whoever has a client certificate that the `ca` of the TLS options has verified, as the
 * agent whose uid it names; all others get a 403. The listener has to ask for certificates, with
 * `requestCert`.
 */
export function requireClientCertificate(options: ClientCertificateOptions = {}): ConnectCheck {
  assertKnownMembers("requireClientCertificate", options, known);
  const { isRevoked, requireUid = false } = options;
  return async ({ peerCertificate, peerAuthorized }) => {
    if (peerCertificate === undefined) return forbidden("a client certificate is needed");
    if (!peerAuthorized) return forbidden("the client certificate is not accepted");
    const uids = uidsOfCertificate(peerCertificate);
    if (uids === undefined) return forbidden("the names in the client certificate cannot be read");
    if (uids.length > 1) return forbidden("the client certificate names several agents");
    if (requireUid && uids.length === 0) return forbidden("the client certificate names no agent");
    const revoked = isRevoked?.(peerCertificate.serialNumber, peerCertificate) ?? false;
    if (isPromise(revoked) ? await revoked : revoked) {
      return forbidden("the client certificate is revoked");
    }
    return { accept: true, identity: identityFrom(peerCertificate, uids[0]) };
  };
}

function identityFrom(
  certificate: PeerCertificate,
  instanceUid: InstanceUid | undefined,
): Identity {
  const { CN } = certificate.subject;
  const name = [CN].flat()[0];
  return {
    ...(name !== undefined && { name }),
    ...(instanceUid !== undefined && { instanceUid }),
    credentialId: certificate.serialNumber,
  };
}

function forbidden(body: string): ConnectDecision {
  return { accept: false, status: 403, body };
}

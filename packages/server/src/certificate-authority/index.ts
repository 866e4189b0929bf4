export type { CertificateAuthorityOptions } from "./authority-options.ts";
export {
  type CertificateApplication,
  type CertificateAuthority,
  createCertificateAuthority,
  type IssuedCertificate,
} from "./certificate-authority.ts";
export { createCertificateIssuer } from "./certificate-issuer.ts";
export {
  type GenerateAuthorityOptions,
  type GeneratedAuthority,
  generateCertificateAuthority,
} from "./generate-authority.ts";
export type {
  Approval,
  CertificateGrant,
  CertificateIssuer,
  CertificateIssuerSettings,
  CertificateRequest,
  DecisionOutcome,
} from "./issuer-settings.ts";
export type { KeyPolicy } from "./key-policy.ts";
export type { RevocationReason, RevocationStore, RevokedCertificate } from "./revocations.ts";
export type { SignFunction, SigningRequest } from "./signer.ts";

import type { SecureVersion } from "node:tls";

/**
 * What this end consents to in connection settings that a server offers. What weakens the
 * verification of servers is refused unless it is allowed here (C-161, C-244).
 */
export interface ConnectionSettingsPolicy {
  /** Accepts `insecure_skip_verify`. @default false */
  readonly allowInsecureSkipVerify?: boolean;
  /** The oldest TLS version that an offer may name. @default "TLSv1.2" */
  readonly minTlsVersion?: SecureVersion;
  /** Accepts an offer to leave a TLS connection for one in clear text. @default false */
  readonly allowCleartext?: boolean;
  /** Accepts `http:` destinations for own telemetry (C-136). @default true */
  readonly allowCleartextTelemetry?: boolean;
}

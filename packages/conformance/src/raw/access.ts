import type { RequestOptions } from "node:http";
import type { SecureContextOptions } from "node:tls";

/** What every connection to a server needs, beside its URL. */
export interface Access {
  /** Sent with each upgrade and request; headers of a case win over them. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly tls?: TlsAccess;
}

/** How a server with a certificate is talked to. */
export interface TlsAccess extends Pick<SecureContextOptions, "ca" | "cert" | "key"> {
  /** Whether the certificate of the server must be valid. @default true */
  readonly rejectUnauthorized?: boolean;
}

/** The parts of an access that clients of `node:http`, `node:https` and `ws` take. */
export function requestOptions(
  access: Access = {},
  headers: Readonly<Record<string, string>> = {},
): Pick<RequestOptions, "headers"> & TlsAccess {
  return { ...access.tls, headers: { ...access.headers, ...headers } };
}

import type { SecureVersion } from "node:tls";
import type { Clock, Logger } from "@opamp/protocol";

/** Request headers: an object, or a function asked afresh before every attempt (L-20). */
export type HeadersSource =
  | HeadersObject
  | ((signal: AbortSignal) => HeadersObject | Promise<HeadersObject>);

export type HeadersObject = Readonly<Record<string, string | readonly string[]>>;

export interface TlsOptions {
  /** Certificates in PEM form that a server's certificate must descend from. @default the system's */
  readonly ca?: string | Uint8Array | readonly (string | Uint8Array)[];
  /** Trusts the system's certificates beside those of `ca` (C-160). @default false */
  readonly includeSystemCa?: boolean;
  /** The client certificate in PEM form. */
  readonly cert?: string | Uint8Array;
  /** The private key of the client certificate in PEM form. */
  readonly key?: string | Uint8Array;
  /** @default "TLSv1.2" */
  readonly minVersion?: SecureVersion;
  /** @default no upper limit */
  readonly maxVersion?: SecureVersion;
  /** OpenSSL cipher list. @default Node's */
  readonly ciphers?: string;
  /** The name that the server's certificate must be for. @default the host of the URL */
  readonly serverName?: string;
  /** Connects without verifying the server. For tests only. @default false */
  readonly insecureSkipVerify?: boolean;
}

export interface ProxyOptions {
  /** `http:`, `https:`, `socks5:` or `socks5h:` URL; user and password in it are used. */
  readonly url: string | URL;
  /** Headers of the CONNECT request; SOCKS proxies take none (C-167). */
  readonly connectHeaders?: HeadersObject;
}

/** Asked before a redirect is followed; a throw or rejection refuses it. */
export type CheckRedirect = (redirect: Redirect) => void | Promise<void>;

export interface Redirect {
  readonly from: URL;
  readonly to: URL;
  readonly status: number;
  /** How many redirects were followed before this one. */
  readonly hops: number;
}

/** What both network transports need; every member resolved. */
export interface NetworkOptions {
  readonly url: URL;
  readonly headers: HeadersSource;
  readonly tls: TlsOptions;
  readonly proxy: ProxyOptions | undefined;
  readonly compression: boolean;
  /** Whether all HTTP sessions use the same sockets. @default false */
  readonly sharesSockets?: boolean;
  readonly checkRedirect: CheckRedirect | undefined;
  readonly limits: NetworkLimits;
  readonly timeouts: NetworkTimeouts;
  readonly logger: Logger;
  readonly clock: Clock;
}

export interface NetworkLimits {
  /** The largest message received, in bytes after decompression, on WebSocket with its header (C-05, C-22, W-16). */
  readonly maxReceiveBytes: number;
  /** How many redirects one attempt follows (L-04). */
  readonly maxRedirects: number;
}

/** Deadlines in milliseconds (L-19). */
export interface NetworkTimeouts {
  /** From the start of an attempt to an open WebSocket, or to a TCP and TLS connection for HTTP. */
  readonly connectMs: number;
  /** From an HTTP request to the end of its response. */
  readonly responseMs: number;
  /** For one message to be handed to the operating system. */
  readonly writeMs: number;
  /** Between WebSocket pings. 0 sends none. */
  readonly pingIntervalMs: number;
  /** From a ping to its pong. */
  readonly pongMs: number;
  /** For the WebSocket closing handshake. */
  readonly closeMs: number;
}

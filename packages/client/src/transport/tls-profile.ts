import { isIP } from "node:net";
import tls from "node:tls";
import { OpAMPError } from "@opamp/protocol";
import type { TlsOptions } from "./network-options.ts";

/** How to speak TLS to one peer, for `tls.connect` and `https.Agent`. */
export type TlsConnectOptions = Pick<
  tls.ConnectionOptions,
  "secureContext" | "rejectUnauthorized" | "servername" | "checkServerIdentity"
>;

/** The user's TLS options, checked. */
export interface TlsProfile {
  /** For the configured server or proxy: with the client certificate. */
  trusted(host: string): TlsConnectOptions;
  /** For an origin that a redirect led to: without client certificate and `serverName` (L-04). */
  untrusted(host: string): TlsConnectOptions;
}

/** Throws `invalid-argument` when certificates, key, versions or ciphers cannot be used. */
export function createTlsProfile(options: TlsOptions): TlsProfile {
  const lazily = (from: TlsOptions): (() => tls.SecureContext) => {
    let context: tls.SecureContext | undefined;
    return () => {
      context ??= isPlain(from) ? sharedContext() : createContext(from);
      return context;
    };
  };
  const trusted = lazily(options);
  const untrusted = lazily(withoutCertificate(options));
  if (!isPlain(options)) trusted();
  const rejectUnauthorized = options.insecureSkipVerify !== true;
  return {
    trusted: (host) => ({ secureContext: trusted(), rejectUnauthorized, ...peerName(host) }),
    untrusted: (host) => ({ secureContext: untrusted(), rejectUnauthorized, ...peerName(host) }),
  };
}

function withoutCertificate({ cert: _cert, key: _key, ...others }: TlsOptions): TlsOptions {
  return others;
}

/** The name a certificate must be for. Server name indication carries no IP addresses. */
function peerName(name: string): Pick<tls.ConnectionOptions, "servername" | "checkServerIdentity"> {
  return {
    servername: isIP(name) === 0 ? name : "",
    checkServerIdentity: (_host, certificate) => tls.checkServerIdentity(name, certificate),
  };
}

/** Whether the options leave every part of the context to its default. */
function isPlain({ ca, cert, key, minVersion, maxVersion, ciphers }: TlsOptions): boolean {
  return [ca, cert, key, minVersion, maxVersion, ciphers].every((part) => part === undefined);
}

let plainContext: tls.SecureContext | undefined;

/** Reading all certificates of the system takes tens of milliseconds, so clients share the result. */
function sharedContext(): tls.SecureContext {
  plainContext ??= createContext({});
  return plainContext;
}

function createContext(options: TlsOptions): tls.SecureContext {
  const { cert, key, minVersion = "TLSv1.2", maxVersion, ciphers } = options;
  if (maxVersion !== undefined && maxVersion < minVersion) {
    throw new OpAMPError("invalid-argument", `no TLS version is ${minVersion} to ${maxVersion}`);
  }
  if ((cert === undefined) !== (key === undefined)) {
    throw new OpAMPError("invalid-argument", "tls.cert and tls.key go together; one is missing");
  }
  try {
    return tls.createSecureContext({
      ca: authorities(options),
      minVersion,
      ...(cert === undefined ? {} : { cert: pem(cert) }),
      ...(key === undefined ? {} : { key: pem(key) }),
      ...(maxVersion === undefined ? {} : { maxVersion }),
      ...(ciphers === undefined ? {} : { ciphers }),
    });
  } catch (thrown) {
    throw OpAMPError.from(thrown, "invalid-argument", "the TLS options cannot be used");
  }
}

function authorities({ ca, includeSystemCa = false }: TlsOptions): (string | Buffer)[] {
  if (ca === undefined) return systemCertificates();
  const given = [ca].flat().map(authorityPem);
  return includeSystemCa ? [...given, ...systemCertificates()] : given;
}

/** The authorities of the operating system, and of Node, which are all there is in a bare container. */
function systemCertificates(): string[] {
  return [...new Set([...tls.getCACertificates("default"), ...tls.getCACertificates("system")])];
}

/** Node takes any text for a CA, and then trusts nobody. */
function authorityPem(value: string | Uint8Array): string | Buffer {
  const text = pem(value);
  if (/-----BEGIN [A-Z0-9 ]*CERTIFICATE-----/.test(text.toString())) return text;
  throw new Error(
    "tls.ca holds no certificate in PEM form; it takes the text of a file, not its path",
  );
}

function pem(value: string | Uint8Array): string | Buffer {
  return typeof value === "string" ? value : Buffer.from(value);
}

import type {
  HeadersObject,
  ProxyOptions,
  TlsOptions,
  WholeConnectionSettings,
} from "@opamp/client";
import { isJsonObject } from "../state/json.ts";

/** Settings of the OpAMP connection as text. */
export interface StoredConnection {
  readonly serverUrl: string;
  /** Missing where the program makes them for each attempt. */
  readonly headers?: HeadersObject;
  readonly tls: StoredTls;
  /** Missing for none. */
  readonly proxy?: StoredProxy;
  readonly heartbeatIntervalMs: number;
}

export type StoredTls = Omit<TlsOptions, "ca" | "cert" | "key"> & {
  readonly ca?: string | readonly string[];
  readonly cert?: string;
  readonly key?: string;
};

interface StoredProxy {
  readonly url: string;
  readonly connectHeaders?: HeadersObject;
}

export function storedConnection(settings: WholeConnectionSettings): StoredConnection {
  const { serverUrl, headers, tls, proxy, heartbeatIntervalMs } = settings;
  return {
    serverUrl: String(serverUrl),
    ...(typeof headers === "object" && { headers }),
    tls: storedTls(tls),
    ...(proxy && { proxy: { ...proxy, url: String(proxy.url) } }),
    heartbeatIntervalMs,
  };
}

/** What is as the program gives it, where it is not stored. */
export type GivenParts = Pick<WholeConnectionSettings, "headers" | "compression">;

export function connectionFromStored(
  { serverUrl, headers, tls, proxy, heartbeatIntervalMs }: StoredConnection,
  given: GivenParts,
): WholeConnectionSettings {
  return {
    serverUrl,
    headers: headers ?? given.headers,
    tls,
    proxy: proxy ?? null,
    compression: given.compression,
    heartbeatIntervalMs,
  };
}

/** Undefined for what no `storedConnection` made. */
export function parseStoredConnection(value: unknown): StoredConnection | undefined {
  if (!isJsonObject(value)) return undefined;
  const { serverUrl, headers, tls, proxy, heartbeatIntervalMs } = value;
  if (typeof serverUrl !== "string" || typeof heartbeatIntervalMs !== "number") return undefined;
  if (!isStoredTls(tls) || (headers !== undefined && !isHeaders(headers))) return undefined;
  if (proxy !== undefined && !isStoredProxy(proxy)) return undefined;
  return {
    serverUrl,
    ...(headers && { headers }),
    tls,
    ...(proxy && { proxy }),
    heartbeatIntervalMs,
  };
}

function storedTls({ ca, cert, key, ...tls }: TlsOptions): StoredTls {
  return {
    ...tls,
    ...(ca !== undefined && { ca: typeof ca === "string" ? ca : texts(ca) }),
    ...(cert !== undefined && { cert: text(cert) }),
    ...(key !== undefined && { key: text(key) }),
  };
}

function texts(pems: Uint8Array | readonly (string | Uint8Array)[]): string | readonly string[] {
  return pems instanceof Uint8Array ? text(pems) : pems.map(text);
}

function text(pem: string | Uint8Array): string {
  return typeof pem === "string" ? pem : new TextDecoder().decode(pem);
}

const tlsMembers: Readonly<Record<keyof TlsOptions, (value: unknown) => boolean>> = {
  ca: (value) => isText(value) || isTexts(value),
  includeSystemCa: isBoolean,
  cert: isText,
  key: isText,
  minVersion: isTlsVersion,
  maxVersion: isTlsVersion,
  ciphers: isText,
  serverName: isText,
  insecureSkipVerify: isBoolean,
};

function isStoredTls(value: unknown): value is StoredTls {
  if (!isJsonObject(value)) return false;
  return Object.entries(tlsMembers).every(
    ([name, isValid]) => value[name] === undefined || isValid(value[name]),
  );
}

function isStoredProxy(value: unknown): value is ProxyOptions & StoredProxy {
  if (!isJsonObject(value) || !isText(value.url)) return false;
  return value.connectHeaders === undefined || isHeaders(value.connectHeaders);
}

function isHeaders(value: unknown): value is HeadersObject {
  if (!isJsonObject(value)) return false;
  return Object.values(value).every((one) => isText(one) || isTexts(one));
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every(isText);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isBoolean(value: unknown): value is boolean {
  return typeof value === "boolean";
}

function isTlsVersion(value: unknown): boolean {
  return isText(value) && /^TLSv1(?:\.[123])?$/.test(value);
}

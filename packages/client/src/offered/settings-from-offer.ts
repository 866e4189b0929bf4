import {
  DEFAULT_HEARTBEAT_INTERVAL_MS,
  type OpAMPConnectionSettings,
  OpAMPError,
  type ProxyConnectionSettings,
} from "@opamp/protocol";
import type { WholeConnectionSettings } from "../connection-settings.ts";
import type { HeadersObject, ProxyOptions, TlsOptions } from "../transport/network-options.ts";
import { parseProxy } from "../transport/proxy-url.ts";
import { isTls } from "../transport/redirect.ts";
import { assertHeaders } from "../transport/request-headers.ts";
import { resolveServerUrl } from "../transport/server-url.ts";
import { certificateFromOffer, withoutClientCertificate } from "./certificate-from-offer.ts";
import { field, refusal } from "./field.ts";
import { headersFromOffer } from "./headers-from-offer.ts";
import type { ConnectionSettingsPolicy } from "./policy.ts";
import { tlsFromOffer } from "./tls-from-offer.ts";

export interface OfferOptions {
  /** The settings in force: what the offer leaves out of TLS and proxy stays (C-158, C-165). */
  readonly present: WholeConnectionSettings;
  /** @default nothing that weakens the connection is allowed */
  readonly policy?: ConnectionSettingsPolicy;
  /** The key, in PEM form, for a certificate that comes without one: the answer to a request. */
  readonly privateKey?: string;
}

/** An offer, understood or turned down. */
export type OfferReading =
  | { readonly kind: "accepted"; readonly settings: WholeConnectionSettings }
  | { readonly kind: "refused"; readonly error: OpAMPError };

/**
 * What a server's offer for the OpAMP connection means. The error of a refusal names the field.
 * Headers and certificate that are left out are none; TLS and proxy stay as they are. Of an
 * offer that holds a certificate and no endpoint, all that is left out stays.
 */
export function connectionSettingsFromOffer(
  offer: OpAMPConnectionSettings,
  options: OfferOptions,
): OfferReading {
  try {
    return { kind: "accepted", settings: read(offer, options) };
  } catch (thrown) {
    return { kind: "refused", error: OpAMPError.from(thrown, "invalid-argument", "the offer") };
  }
}

function read(offer: OpAMPConnectionSettings, options: OfferOptions): WholeConnectionSettings {
  const { present } = options;
  return {
    ...(isCertificateAlone(offer) ? withChanges(offer, present) : replaced(offer, options)),
    tls: tlsOptions(offer, options),
    proxy: offer.proxy === undefined ? present.proxy : proxyFromOffer(offer.proxy),
    compression: present.compression,
  };
}

type Replaceable = Pick<WholeConnectionSettings, "serverUrl" | "headers" | "heartbeatIntervalMs">;

/** Where and how to connect is replaced as a whole. */
function replaced(
  offer: OpAMPConnectionSettings,
  { present, policy = {} }: OfferOptions,
): Replaceable {
  const serverUrl = endpoint(offer.destinationEndpoint, present, policy);
  return {
    serverUrl,
    headers: checkedHeaders(offer),
    heartbeatIntervalMs: interval(offer.heartbeatIntervalSeconds, serverUrl, present),
  };
}

/** Servers answer a certificate request so, opamp-go's example among them. */
function isCertificateAlone(offer: OpAMPConnectionSettings): boolean {
  return offer.destinationEndpoint === "" && offer.certificate !== undefined;
}

function withChanges(
  offer: OpAMPConnectionSettings,
  { serverUrl, headers, heartbeatIntervalMs }: WholeConnectionSettings,
): Replaceable {
  const seconds = offer.heartbeatIntervalSeconds;
  return {
    serverUrl,
    headers: offer.headers === undefined ? headers : checkedHeaders(offer),
    heartbeatIntervalMs: seconds > 0n ? Number(seconds) * 1000 : heartbeatIntervalMs,
  };
}

function checkedHeaders({ headers }: Pick<OpAMPConnectionSettings, "headers">): HeadersObject {
  const object = headersFromOffer(headers);
  field("headers", () => assertHeaders(object));
  return object;
}

function endpoint(
  text: string,
  present: WholeConnectionSettings,
  { allowCleartext = false }: ConnectionSettingsPolicy,
): string {
  if (text === "") throw refusal("destination_endpoint: is empty");
  const url = field("destination_endpoint", () => resolveServerUrl(text));
  if (!allowCleartext && !isTls(url) && isTls(resolveServerUrl(present.serverUrl))) {
    throw refusal(
      "destination_endpoint: is in clear text, which the policy does not allow after TLS",
    );
  }
  return text;
}

function tlsOptions(offer: OpAMPConnectionSettings, options: OfferOptions): TlsOptions {
  const { present, policy = {}, privateKey } = options;
  const kept = withoutClientCertificate(present.tls);
  return {
    ...(offer.tls === undefined ? kept : tlsFromOffer(offer.tls, policy)),
    ...(offer.certificate && certificateFromOffer(offer.certificate, privateKey)),
  };
}

/** Throws, naming the field, for a proxy that cannot be used. */
export function proxyFromOffer({ url, connectHeaders }: ProxyConnectionSettings): ProxyOptions {
  const proxy = { url, connectHeaders: headersFromOffer(connectHeaders) };
  field("proxy", () => parseProxy(proxy));
  return proxy;
}

/** 0 stops heartbeats on WebSocket, and leaves polling as it was (A-01, C-20). */
function interval(seconds: bigint, serverUrl: string, present: WholeConnectionSettings): number {
  if (seconds > 0n) return Number(seconds) * 1000;
  const polls = resolveServerUrl(serverUrl).protocol.startsWith("http");
  return polls ? present.heartbeatIntervalMs || DEFAULT_HEARTBEAT_INTERVAL_MS : 0;
}

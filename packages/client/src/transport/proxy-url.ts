import { OpAMPError } from "@opamp/protocol";
import type { ProxyOptions } from "./network-options.ts";
import { connectRequestHeaders, type RequestHeaders } from "./request-headers.ts";
import { socketHost } from "./server-url.ts";

const DEFAULT_PORTS = { "http:": 80, "https:": 443, "socks5:": 1080, "socks5h:": 1080 } as const;

export type ProxyScheme = keyof typeof DEFAULT_PORTS;

/** A proxy, taken apart and checked. */
export interface ProxyAddress {
  readonly scheme: ProxyScheme;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly connectHeaders: RequestHeaders;
}

/**
 * Takes a proxy's options apart; `host:port` alone means `http:`. Throws `invalid-argument`, with a
 * message that never holds the URL, since it may hold a password.
 */
export function parseProxy(options: ProxyOptions): ProxyAddress {
  const given: string | URL | undefined = options.url;
  if (given === undefined) throw new OpAMPError("invalid-argument", "proxy.url is missing");
  const url = parseUrl(String(given).trim());
  const scheme = proxyScheme(url.protocol);
  return {
    scheme,
    host: socketHost(url),
    port: url.port === "" ? DEFAULT_PORTS[scheme] : Number(url.port),
    user: decode(url.username),
    password: decode(url.password),
    connectHeaders: connectRequestHeaders(options.connectHeaders ?? {}),
  };
}

function parseUrl(text: string): URL {
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`);
  if (url === null || url.hostname === "") throw invalidProxy("is not a URL or host:port");
  return url;
}

function proxyScheme(protocol: string): ProxyScheme {
  for (const scheme of Object.keys(DEFAULT_PORTS) as ProxyScheme[]) {
    if (scheme === protocol) return scheme;
  }
  throw invalidProxy(`has the scheme "${protocol}", not http:, https:, socks5: or socks5h:`);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalidProxy("holds a user or password that is not percent-encoded");
  }
}

function invalidProxy(problem: string): OpAMPError {
  return new OpAMPError("invalid-argument", `the proxy URL ${problem}`);
}

import { DEFAULT_PATH, DEFAULT_PORT, OpAMPError } from "@opamp/protocol";

const SCHEMES: readonly string[] = ["ws:", "wss:", "http:", "https:"];

/**
 * The address of a server with its defaults filled in: port 4320 and path /v1/opamp (C-03, W-01).
 * Throws `invalid-argument` for anything else than a `ws:`, `wss:`, `http:` or `https:` URL
 * without user and password.
 *
 * A `URL` object cannot tell `wss://host:443` from `wss://host`; give a string to mean port 443.
 */
export function resolveServerUrl(value: string | URL): URL {
  const text = String(value).trim();
  const url = parse(text);
  if (!SCHEMES.includes(url.protocol)) {
    throw invalidUrl(`has the scheme "${url.protocol}", not ws:, wss:, http: or https:`);
  }
  if (url.username !== "" || url.password !== "") {
    throw invalidUrl("holds a user or password; send them with headers, as authorization");
  }
  if (!namesPort(text)) url.port = String(DEFAULT_PORT);
  if (url.pathname === "/") url.pathname = DEFAULT_PATH;
  url.hash = "";
  return url;
}

/** A URL for messages: without query, which may hold credentials. */
export function describeUrl(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`;
}

/** The host of a URL as sockets take it: IPv6 addresses without brackets. */
export function socketHost(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, "$1");
}

function parse(text: string): URL {
  try {
    return new URL(text);
  } catch {
    // The parser's error holds the whole text, credentials included: it is not passed on.
    throw invalidUrl("is not a URL; expected one such as wss://fleet.example.com");
  }
}

/** URL hides the default port of a scheme, so the text says whether a port was given. */
function namesPort(text: string): boolean {
  const authority = /^[^:]+:[/\\]*([^/\\?#]*)/.exec(text.replace(/[\t\n\r]/g, ""))?.[1] ?? "";
  return /:\d+$/.test(authority);
}

function invalidUrl(problem: string): OpAMPError {
  return new OpAMPError("invalid-argument", `the server URL ${problem}`);
}

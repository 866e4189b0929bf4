import { OpAMPError } from "@opamp/protocol";
import { raceSignal } from "./attempt-scope.ts";
import type { HeadersObject, HeadersSource } from "./network-options.ts";
import { http } from "./node-http.ts";
import { USER_AGENT } from "./user-agent.ts";

/** Checked headers, with names in lower case. */
export type RequestHeaders = Readonly<Record<string, string | string[]>>;

/** Headers that belong to the connection or to the protocol, not to the user. */
const RESERVED: ReadonlySet<string> = new Set([
  "accept-encoding",
  "connection",
  "content-encoding",
  "content-length",
  "content-type",
  "expect",
  "keep-alive",
  "opamp-instance-uid",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** What is sent to an origin that the user's headers are not meant for (L-04). */
export const DEFAULT_HEADERS: RequestHeaders = { "user-agent": USER_AGENT };

/** Throws `invalid-argument` when headers that are given as an object could not be sent. */
export function assertHeaders(source: HeadersSource): void {
  if (typeof source !== "function") checkedHeaders(source);
}

/**
 * The headers of one attempt, asked afresh (L-20). Rejects with `callback-failed` when the user's
 * function throws or gives no headers, and with the reason of the signal when it fires first.
 */
export async function resolveHeaders(
  source: HeadersSource,
  signal: AbortSignal,
): Promise<RequestHeaders> {
  const checked =
    typeof source === "function" ? await callSource(source, signal) : checkedHeaders(source);
  return { ...DEFAULT_HEADERS, ...checked };
}

/** Checks the headers of a CONNECT request, where credentials for the proxy are welcome. */
export function connectRequestHeaders(headers: HeadersObject): RequestHeaders {
  return checkedHeaders(headers, new Set(["proxy-authorization"]));
}

/** Checks the headers that a server gave for a download, with names in lower case. */
export function downloadHeaders(headers: HeadersObject): RequestHeaders {
  return checkedHeaders(headers, new Set(["accept-encoding", "content-type"]));
}

/** The headers of a request to a destination for telemetry, with names in lower case. */
export function telemetryHeaders(headers: HeadersObject): RequestHeaders {
  return { ...DEFAULT_HEADERS, ...checkedHeaders(headers) };
}

async function callSource(
  source: Extract<HeadersSource, (...args: never) => unknown>,
  signal: AbortSignal,
): Promise<RequestHeaders> {
  try {
    return checkedHeaders(await raceSignal(Promise.resolve(source(signal)), signal));
  } catch (thrown) {
    if (signal.aborted) throw signal.reason;
    // What the user's code throws may hold credentials.
    const problem = thrown instanceof OpAMPError ? `: ${thrown.message}` : "";
    const message = `the headers function failed${problem}`;
    throw new OpAMPError("callback-failed", message, { cause: thrown });
  }
}

function checkedHeaders(
  headers: HeadersObject,
  allowed: ReadonlySet<string> = new Set(),
): RequestHeaders {
  const checked: Record<string, string | string[]> = Object.create(null);
  for (const [givenName, value] of Object.entries(headers)) {
    const name = givenName.toLowerCase();
    const isReserved = RESERVED.has(name) || name.startsWith("sec-websocket-");
    if (isReserved && !allowed.has(name)) {
      throw new OpAMPError("invalid-argument", `the header ${name} cannot be set`);
    }
    const values = [value].flat().map((one) => checkedValue(name, one));
    const all = [checked[name] ?? [], values].flat();
    checked[name] = all.length === 1 ? (all[0] ?? "") : all;
  }
  return checked;
}

/** The messages name the header and never its value. */
function checkedValue(name: string, value: string): string {
  try {
    http.validateHeaderName(name);
  } catch {
    throw new OpAMPError("invalid-argument", `${JSON.stringify(name)} is not a header name`);
  }
  try {
    http.validateHeaderValue(name, value);
  } catch {
    throw new OpAMPError("invalid-argument", `the value of the header ${name} is not valid`);
  }
  return value;
}

import { OpAMPError } from "@opamp/protocol";
import { raceSignal } from "./attempt-scope.ts";
import type { NetworkOptions } from "./network-options.ts";
import { describeUrl } from "./server-url.ts";

/** One address on the way of one attempt. */
export interface Hop {
  readonly url: URL;
  /** Whether this is the configured origin, reached without leaving it: credentials may go there. */
  readonly trusted: boolean;
  /** How many redirects led here. */
  readonly hops: number;
}

/** A redirect that a server asked for. */
export interface RedirectAnswer {
  readonly status: number;
  readonly location: string | undefined;
}

export function firstHop(url: URL): Hop {
  return { url, trusted: true, hops: 0 };
}

export type RedirectOptions = Pick<NetworkOptions, "checkRedirect" | "logger"> & {
  readonly limits: Pick<NetworkOptions["limits"], "maxRedirects">;
  readonly signal: AbortSignal;
};

/**
 * The address to try next (L-04). Rejects with `unexpected-response` for a redirect that makes no
 * sense and with `redirect-refused` for one that is not followed.
 */
export async function nextHop(
  hop: Hop,
  answer: RedirectAnswer,
  options: RedirectOptions,
): Promise<Hop> {
  const { status } = answer;
  const to = resolveLocation(hop.url, answer);
  if (hop.hops >= options.limits.maxRedirects) {
    throw refused(status, `more than ${options.limits.maxRedirects} redirects`);
  }
  if (isTls(hop.url) && !isTls(to)) throw refused(status, `${describeUrl(to)} is not encrypted`);
  if (to.username !== "" || to.password !== "") throw refused(status, "its URL holds credentials");
  await askUser({ from: hop.url, to, status, hops: hop.hops }, options);
  options.logger.debug(`following a redirect (${status}) to ${describeUrl(to)}`);
  return { url: to, trusted: hop.trusted && isSameOrigin(hop.url, to), hops: hop.hops + 1 };
}

type Ask = Pick<NetworkOptions, "checkRedirect"> & { readonly signal: AbortSignal };

async function askUser(
  redirect: Parameters<NonNullable<NetworkOptions["checkRedirect"]>>[0],
  { checkRedirect, signal }: Ask,
): Promise<void> {
  try {
    await raceSignal(Promise.resolve(checkRedirect?.(redirect)), signal);
  } catch (cause) {
    if (signal.aborted) throw signal.reason;
    throw refused(redirect.status, `checkRedirect refused ${describeUrl(redirect.to)}`, cause);
  }
}

function resolveLocation(from: URL, { status, location }: RedirectAnswer): URL {
  if (location === undefined) throw senseless(status, "without a Location");
  const to = URL.parse(location, from.href);
  if (to === null) throw senseless(status, "with a Location that is not a URL");
  if (isWebSocket(from)) to.protocol = to.protocol.replace(/^http(s?):$/, "ws$1:");
  if (isWebSocket(from) ? !isWebSocket(to) : !isHttp(to)) {
    throw refused(status, `the scheme ${to.protocol} does not fit`);
  }
  to.hash = "";
  return to;
}

function isHttp(url: URL): boolean {
  return url.protocol === "http:" || url.protocol === "https:";
}

function isWebSocket(url: URL): boolean {
  return url.protocol === "ws:" || url.protocol === "wss:";
}

/** Whether an address is reached over TLS. */
export function isTls(url: URL): boolean {
  return url.protocol === "wss:" || url.protocol === "https:";
}

function isSameOrigin(a: URL, b: URL): boolean {
  return a.protocol === b.protocol && a.host === b.host;
}

function senseless(status: number, problem: string): OpAMPError {
  return new OpAMPError("unexpected-response", `the server redirected (${status}) ${problem}`, {
    status,
  });
}

function refused(status: number, problem: string, cause?: unknown): OpAMPError {
  const message = `the redirect (${status}) is not followed: ${problem}`;
  return new OpAMPError("redirect-refused", message, { status, cause });
}

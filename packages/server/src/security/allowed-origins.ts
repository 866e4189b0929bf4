import type { IncomingHttpHeaders } from "node:http";
import { OpAMPError } from "@opamp/protocol";

/** Which pages may connect: those of these origins, or any. */
export type AllowedOrigins = readonly string[] | "any";

/** What HTTP/2 has in place of the Host header. */
const AUTHORITY = ":authority";

/**
 * Whether a request may come from where it does. Agents send no Origin header; browsers do, with
 * whatever the page of an attacker makes them send. Without a list the page has to be of this host.
 */
export function isAllowedOrigin(
  { origin, host, [AUTHORITY]: authority }: IncomingHttpHeaders,
  allowed: AllowedOrigins | undefined,
): boolean {
  if (origin === undefined || allowed === "any") return true;
  if (!URL.canParse(origin)) return false;
  const url = new URL(origin);
  if (allowed !== undefined) return allowed.includes(url.origin);
  return url.host !== "" && url.host === hostOf(host ?? authority?.toString(), url.protocol);
}

/** Without the port that the scheme implies, as in an origin. */
function hostOf(host: string | undefined, protocol: string): string | undefined {
  const text = `${protocol}//${host}`;
  return host !== undefined && URL.canParse(text) ? new URL(text).host : undefined;
}

/** Throws `invalid-argument` for what can be no origin, such as a URL with a path. */
export function validateOrigins(allowed: AllowedOrigins | undefined): AllowedOrigins | undefined {
  if (allowed === undefined || allowed === "any") return allowed;
  const wrong = allowed.find((text) => !URL.canParse(text) || new URL(text).origin !== text);
  if (wrong === undefined) return allowed;
  throw new OpAMPError(
    "invalid-argument",
    `settings.allowedOrigins: ${JSON.stringify(wrong)} is no origin; expected one such as https://fleet.example.com`,
  );
}

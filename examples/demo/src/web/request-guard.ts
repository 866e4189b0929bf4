import type { IncomingMessage } from "node:http";

/**
 * Why a request is turned away, if it is. The page controls agents and asks for no password: it
 * answers to names of this machine only (against DNS rebinding), and takes changes from itself only
 * (against other sites that the browser has open).
 */
export function refusalOf({ method, headers }: IncomingMessage): string | undefined {
  const { host = "", origin } = headers;
  if (!/^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/.test(host)) {
    return `this page answers at localhost only, not at ${JSON.stringify(host)}`;
  }
  if (method === "GET" || method === "HEAD") return undefined;
  if (origin === `http://${host}`) return undefined;
  return `changes are taken from this page only; a script adds the header "Origin: http://${host}"`;
}

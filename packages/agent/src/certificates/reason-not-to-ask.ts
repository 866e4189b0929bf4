import type { WholeConnectionSettings } from "@opamp/client";

/** Why nobody is asked for a certificate over such a connection: the server has to be known (C-151). */
export function reasonNotToAsk({ serverUrl, tls }: WholeConnectionSettings): string | undefined {
  const nothing = "no certificate is asked for, since the server is";
  if (!/^(?:wss|https):/i.test(String(serverUrl))) return `${nothing} not reached over TLS`;
  if (tls.insecureSkipVerify === true) return `${nothing} not verified`;
  return undefined;
}

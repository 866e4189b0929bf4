import { getCiphers } from "node:tls";
import { refusal } from "./field.ts";

/**
 * OpenSSL's cipher list for offered suites, which go by their IANA names (C-164). OpenSSL's own
 * names are understood too. Throws for a name that this Node does not know.
 */
export function cipherListFromSuites(suites: readonly string[]): string | undefined {
  return suites.length === 0 ? undefined : suites.map(cipherFromSuite).join(":");
}

function cipherFromSuite(suite: string): string {
  const known = new Set(getCiphers());
  // The suites of TLS 1.3 have one name only.
  const cipher = [suite, openSslName(suite)].find((name) => known.has(name.toLowerCase()));
  if (cipher !== undefined) return cipher.toUpperCase();
  throw refusal(`${JSON.stringify(suite.slice(0, 100))} is not a cipher suite known here`);
}

/** TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 is ECDHE-RSA-AES128-GCM-SHA256; CBC goes without saying. */
function openSslName(suite: string): string {
  const [, exchange = "", cipher = ""] = /^TLS_(\w+)_WITH_(\w+)$/.exec(suite) ?? [];
  const bulk = cipher
    .replace(/^AES_(128|256)/, "AES$1")
    .replace(/^(CHACHA20_POLY1305)_SHA256$/, "$1")
    .replace(/_CCM_8$/, "_CCM8");
  const full = exchange.endsWith("PSK") ? bulk : bulk.replace("_CBC_SHA", "_SHA");
  return `${exchange === "RSA" ? "" : `${exchange}_`}${full}`.replaceAll("_", "-");
}

import type { SecureVersion } from "node:tls";
import type { TLSConnectionSettings } from "@opamp/protocol";
import type { TlsOptions } from "../transport/network-options.ts";
import { createTlsProfile } from "../transport/tls-profile.ts";
import { cipherListFromSuites } from "./cipher-suites.ts";
import { field, refusal } from "./field.ts";
import type { ConnectionSettingsPolicy } from "./policy.ts";

/** TLS options of an offer (C-159 to C-164). Throws, naming the field, for what is refused. */
export function tlsFromOffer(
  offer: TLSConnectionSettings,
  policy: ConnectionSettingsPolicy,
): TlsOptions {
  const least = policy.minTlsVersion ?? "TLSv1.2";
  const ciphers = field("tls.cipher_suites", () => cipherListFromSuites(offer.cipherSuites));
  const maxVersion = version("tls.max_version", offer.maxVersion, least);
  const tls = {
    minVersion: version("tls.min_version", offer.minVersion, least) ?? least,
    ...(maxVersion && { maxVersion }),
    ...(ciphers && { ciphers }),
    ...verification(offer, policy),
  };
  field("tls", () => createTlsProfile(tls));
  return tls;
}

function verification(
  { caPemContents: ca, includeSystemCaCertsPool, insecureSkipVerify }: TLSConnectionSettings,
  { allowInsecureSkipVerify = false }: ConnectionSettingsPolicy,
): TlsOptions {
  if (insecureSkipVerify && !allowInsecureSkipVerify) {
    throw refusal("tls.insecure_skip_verify: is not allowed by the policy of this agent");
  }
  if (ca !== "") field("tls.ca_pem_contents", () => createTlsProfile({ ca }));
  return {
    ...(ca !== "" && { ca, includeSystemCa: includeSystemCaCertsPool }),
    ...(insecureSkipVerify && { insecureSkipVerify }),
  };
}

const versions: Readonly<Record<string, SecureVersion>> = {
  "1.0": "TLSv1",
  "1.1": "TLSv1.1",
  "1.2": "TLSv1.2",
  "1.3": "TLSv1.3",
};

/** `1.2` and `TLSv1.2` mean the same (C-162, C-163). */
function version(name: string, text: string, least: SecureVersion): SecureVersion | undefined {
  if (text === "") return undefined;
  const found = versions[text.replace(/^TLSv?/i, "")];
  if (found === undefined) {
    throw refusal(`${name}: ${JSON.stringify(text.slice(0, 20))} is not a TLS version known here`);
  }
  if (found < least)
    throw refusal(`${name}: ${found} is older than ${least}, which the policy asks for`);
  return found;
}

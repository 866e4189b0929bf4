import { type InstanceUid, isInstanceUid } from "./instance-uid.ts";

const PREFIX = "urn:uuid:";

/** The URI that stands for an agent in certificate requests and certificates. */
export function uriOfInstanceUid(instanceUid: InstanceUid): string {
  return `${PREFIX}${instanceUid}`;
}

/** The uid in a name of a certificate: a common name or a URI; undefined when it is another name. */
export function instanceUidFromName(name: string): InstanceUid | undefined {
  const lower = name.toLowerCase();
  const uid = lower.startsWith(PREFIX) ? lower.slice(PREFIX.length) : lower;
  return isInstanceUid(uid) ? uid : undefined;
}

/** What Node tells of a certificate. */
export interface CertificateNames {
  readonly subject?: { readonly CN?: string | readonly string[] };
  readonly subjectaltname?: string | undefined;
}

/**
 * All uids that a certificate names, in its common names and the URIs of its alternative names.
 * Undefined when the alternative names cannot be read.
 */
export function uidsOfCertificate({
  subject,
  subjectaltname = "",
}: CertificateNames): readonly InstanceUid[] | undefined {
  const uris = urisOf(subjectaltname);
  if (uris === undefined) return undefined;
  const names = [subject?.CN ?? [], uris].flat();
  return [...new Set(names.flatMap((name) => instanceUidFromName(name) ?? []))];
}

const alternativeName = /([\w ]+):("(?:[^"\\]|\\.)*"|[^,"]*)(?:, |$)/y;

/**
 * The URIs in a text such as `DNS:a, URI:urn:b`. What has a comma in it is in quotes: whoever splits
 * at commas can be made to see names that are not there.
 */
function urisOf(text: string): readonly string[] | undefined {
  const uris: string[] = [];
  alternativeName.lastIndex = 0;
  while (alternativeName.lastIndex < text.length) {
    const found = alternativeName.exec(text);
    if (found === null) return undefined;
    const [, kind, value = ""] = found;
    if (kind === "URI") uris.push(value);
  }
  return uris;
}

import { type DownloadableFile, OpAMPError, type PackageAvailable } from "@opamp/protocol";
import { isTls } from "../transport/redirect.ts";
import { downloadHeaders } from "../transport/request-headers.ts";

/** The file of an offered package, checked. */
export interface CheckedFile {
  readonly packageName: string;
  readonly version: string;
  /** Without user and password: those are in the headers. */
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly contentHash: Uint8Array;
  readonly signature: Uint8Array;
}

export interface FileRules {
  /** Whether the offer came over TLS, and `http:` was not allowed: the file has to as well. */
  readonly needsTls: boolean;
  readonly needsSignature: boolean;
}

const SHA_256_BYTES = 32;

/** Throws `invalid-argument`, saying what is missing or wrong, for a file of no use (L-01). */
export function checkFile(
  packageName: string,
  offered: PackageAvailable,
  rules: FileRules,
): CheckedFile {
  const { file, version } = offered;
  if (offered.hash.length === 0) throw useless("the offer has no hash");
  if (file === undefined) throw useless("the offer has no file");
  const { contentHash, signature } = file;
  if (contentHash.length !== SHA_256_BYTES) {
    throw useless(`content_hash has ${contentHash.length} bytes; SHA-256 has ${SHA_256_BYTES}`);
  }
  if (rules.needsSignature && signature.length === 0) throw useless("the file has no signature");
  const url = checkUrl(file.downloadUrl, rules);
  const headers = { ...headersOf(file), ...basicAuthorization(url) };
  url.username = "";
  url.password = "";
  return { packageName, version, url, headers, contentHash, signature };
}

function checkUrl(text: string, { needsTls }: FileRules): URL {
  if (text === "") throw useless("the file has no download_url");
  const url = URL.parse(text);
  if (url === null) throw useless("download_url is not a URL");
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw useless(`download_url has the scheme ${url.protocol}, not https: or http:`);
  }
  if (needsTls && !isTls(url)) {
    throw useless("download_url is not encrypted, but the offer was; see allowInsecureDownloads");
  }
  url.hash = "";
  return url;
}

function headersOf({ headers }: DownloadableFile): Record<string, string> {
  const given: Record<string, string[]> = Object.create(null);
  for (const { key, value } of headers?.headers ?? []) {
    given[key] = [...(given[key] ?? []), value];
  }
  const checked = Object.entries(downloadHeaders(given));
  const own = checked.find(([name]) => OWN_HEADERS.has(name));
  if (own !== undefined) throw useless(`the header ${own[0]} cannot be set`);
  return Object.fromEntries(checked.map(([name, value]) => [name, [value].flat().join(", ")]));
}

/** What a download decides by itself. */
const OWN_HEADERS: ReadonlySet<string> = new Set(["host", "if-range", "range"]);

function basicAuthorization({ username, password }: URL): Record<string, string> {
  if (username === "" && password === "") return {};
  const pair = `${decode(username)}:${decode(password)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString("base64")}` };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw useless("download_url has a user or password that cannot be decoded");
  }
}

function useless(problem: string): OpAMPError {
  return new OpAMPError("invalid-argument", problem);
}

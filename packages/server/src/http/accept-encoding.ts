/** One coding of an Accept-Encoding header. */
export interface AcceptedEncoding {
  readonly name: string;
  /** From 0, refused, to 1. */
  readonly quality: number;
}

/**
 * Whether an Accept-Encoding header takes a coding: by its name, else by the wildcard, with a
 * quality above 0 (S-20; RFC 9110, section 12.5.3).
 */
export function acceptsEncoding(header: string | undefined, encoding: string): boolean {
  if (header === undefined) return false;
  const accepted = header.split(",").map(parseEncoding);
  const named = accepted.filter((one) => one?.name === encoding);
  const candidates = named.length > 0 ? named : accepted.filter((one) => one?.name === "*");
  return candidates.some((one) => one !== undefined && one.quality > 0);
}

/** Parses `gzip;q=0.5`. An unreadable quality refuses the coding; no name makes it undefined. */
export function parseEncoding(text: string): AcceptedEncoding | undefined {
  const [name = "", ...parameters] = text.split(";").map((part) => part.trim().toLowerCase());
  if (name === "") return undefined;
  const quality = parameters.map((parameter) => /^q\s*=\s*(.*)$/.exec(parameter)?.[1]);
  return { name, quality: parseQuality(quality.find((value) => value !== undefined)) };
}

function parseQuality(text: string | undefined): number {
  if (text === undefined) return 1;
  return /^(0(\.\d*)?|1(\.0*)?)$/.test(text) ? Number(text) : 0;
}

/** What an Authorization header holds (RFC 9110, section 11.4). */
export type Authorization =
  | { readonly kind: "none" }
  | { readonly kind: "malformed" }
  /** Of another scheme than the one that is looked for. */
  | { readonly kind: "other" }
  | { readonly kind: "credentials"; readonly value: string };

const token68 = /^[A-Za-z0-9\-._~+/]+=*$/;

/** Reads a header for one scheme, such as `bearer`. */
export function readAuthorization(header: string | undefined, scheme: string): Authorization {
  if (header === undefined) return { kind: "none" };
  const space = header.indexOf(" ");
  const given = space === -1 ? header : header.slice(0, space);
  if (given.toLowerCase() !== scheme) return { kind: given === "" ? "malformed" : "other" };
  const value = space === -1 ? "" : header.slice(space).trim();
  return token68.test(value) ? { kind: "credentials", value } : { kind: "malformed" };
}

export interface UserAndPassword {
  readonly user: string;
  readonly password: string;
}

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The credentials of the Basic scheme (RFC 7617); undefined when they are none. */
export function readBasicCredentials(value: string): UserAndPassword | undefined {
  const text = decode(value);
  const colon = text?.indexOf(":") ?? -1;
  if (text === undefined || colon === -1 || hasControlCharacter(text)) return undefined;
  return { user: text.slice(0, colon), password: text.slice(colon + 1) };
}

function decode(value: string): string | undefined {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(value)) return undefined;
  try {
    return strictUtf8.decode(Buffer.from(value, "base64"));
  } catch {
    return undefined;
  }
}

function hasControlCharacter(text: string): boolean {
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || code === 0x7f) return true;
  }
  return false;
}

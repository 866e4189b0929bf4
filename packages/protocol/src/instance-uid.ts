import { OpAMPError } from "./errors.ts";

/** A 16-byte instance uid in its canonical text form, such as `0190f5a5-91c2-7b4e-8f2a-3c5d7e9f1b2d`. */
export type InstanceUid = string;

export interface CreateInstanceUidOptions {
  /** Milliseconds since the epoch. @default the current time */
  readonly nowMs?: number;
  /** Fills an array with random bytes. @default the platform's secure source */
  readonly fillRandom?: (bytes: Uint8Array) => void;
}

const canonical = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const nil = "00000000-0000-0000-0000-000000000000";

/** Makes a new instance uid: a UUID v7 (RFC 9562, section 5.7; C-33). */
export function createInstanceUid(options: CreateInstanceUidOptions = {}): InstanceUid {
  const bytes = new Uint8Array(16);
  (options.fillRandom ?? fillSecureRandom)(bytes);
  const view = new DataView(bytes.buffer);
  const nowMs = options.nowMs ?? Date.now();
  view.setUint32(0, Math.floor(nowMs / 0x1_0000));
  view.setUint16(4, nowMs % 0x1_0000);
  view.setUint8(6, 0x70 | (view.getUint8(6) & 0x0f));
  view.setUint8(8, 0x80 | (view.getUint8(8) & 0x3f));
  return instanceUidFromBytes(bytes);
}

/** Whether a text is an instance uid: any UUID but the nil one, in either case. */
export function isInstanceUid(text: string): boolean {
  return canonical.test(text) && text !== nil;
}

/** The canonical form of an instance uid. Throws `invalid-argument` for any other text (C-32). */
export function parseInstanceUid(text: string): InstanceUid {
  if (isInstanceUid(text)) return text.toLowerCase();
  throw new OpAMPError(
    "invalid-argument",
    `${JSON.stringify(text)} is not an instance uid; expected a UUID that is not all zero`,
  );
}

/** The text form of 16 bytes. Throws `invalid-argument` for another length or 16 zeros (C-32). */
export function instanceUidFromBytes(bytes: Uint8Array): InstanceUid {
  if (bytes.length !== 16) {
    throw new OpAMPError(
      "invalid-argument",
      `an instance uid has 16 bytes; these are ${bytes.length}`,
    );
  }
  let at = 0;
  for (let i = 0; i < 16; i += 1) {
    if (i === 4 || i === 6 || i === 8 || i === 10) at += 1;
    const byte = bytes[i] ?? 0;
    characters[at] = hexDigits[byte >> 4] ?? 0;
    characters[at + 1] = hexDigits[byte & 15] ?? 0;
    at += 2;
  }
  // Made in one piece: a text put together from parts keeps the parts.
  const text = String.fromCharCode(...characters);
  if (text === nil) throw new OpAMPError("invalid-argument", "an instance uid is not all zero");
  return text;
}

/** The 16 bytes of an instance uid. Throws `invalid-argument` for any other text. */
export function bytesFromInstanceUid(uid: InstanceUid): Uint8Array<ArrayBuffer> {
  const hex = parseInstanceUid(uid).replaceAll("-", "");
  return Uint8Array.from({ length: 16 }, (_, i) =>
    Number.parseInt(hex.slice(i * 2, i * 2 + 2), 16),
  );
}

const codesOf = (text: string): number[] =>
  Array.from(text, (character) => character.charCodeAt(0));
const hexDigits = codesOf("0123456789abcdef");

/** Of the text being made: the hyphens stay where they are. */
const characters = codesOf(nil);

function fillSecureRandom(bytes: Uint8Array): void {
  const { crypto } = globalThis as unknown as {
    crypto: { getRandomValues(bytes: Uint8Array): void };
  };
  crypto.getRandomValues(bytes);
}

/** Bytes of a text. */
export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Bytes as hexadecimal digits, which compare and print well. */
export function hex(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString("hex");
}

/** Bytes of every value, among them those that are no UTF-8. */
export const everyByte: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) => byte);

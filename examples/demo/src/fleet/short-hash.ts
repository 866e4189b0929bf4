/** The first hexadecimal digits of a hash: enough to tell one from another by eye. */
export function shortHash(hash: Uint8Array | undefined): string {
  return Buffer.from(hash ?? []).toString("hex", 0, 4);
}

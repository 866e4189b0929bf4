import { OpAMPError } from "@opamp/protocol";

/** The code of a connection that ended without a close frame (RFC 6455, section 7.4.1). */
export const ABNORMAL_CLOSE = 1006;

/** A close frame holds 125 bytes, two of them the code (RFC 6455, section 5.5). */
const MAX_REASON_BYTES = 123;

/** Throws `invalid-argument` for what a close frame cannot carry. */
export function assertCloseFrame(code: number, reason: string): void {
  if (!isSendableCode(code)) {
    throw new OpAMPError("invalid-argument", `${code} is no code that a close frame may carry`);
  }
  if (Buffer.byteLength(reason) > MAX_REASON_BYTES) {
    throw new OpAMPError(
      "invalid-argument",
      `a close reason has at most ${MAX_REASON_BYTES} bytes`,
    );
  }
}

function isSendableCode(code: number): boolean {
  if (!Number.isInteger(code)) return false;
  const reserved = code === 1004 || code === 1005 || code === ABNORMAL_CLOSE;
  return (code >= 1000 && code <= 1014 && !reserved) || (code >= 3000 && code <= 4999);
}

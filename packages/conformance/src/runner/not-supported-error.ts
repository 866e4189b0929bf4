/** Thrown by a subject that cannot be put into the state a case needs; the case is skipped. */
export class NotSupportedError extends Error {
  override readonly name = "NotSupportedError";
}

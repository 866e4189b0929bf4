/** The command line, or what it names, is not such that the suite can run. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

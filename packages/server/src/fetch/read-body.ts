import type { Deadlines } from "../deadlines.ts";
import type { BodyOutcome, BodyReader } from "../http/http-request.ts";
import { drain } from "./drain.ts";

export interface ReadBodyOptions {
  readonly maxBytes: number;
  readonly deadlines: Deadlines<BodyReader>;
  /** Settles when the answer is given; then nobody wants the body any more. */
  readonly answered: Promise<unknown>;
}

/** Reads a request body up to a limit, and gives up the rest (S-13). */
export async function readBody(
  request: Request,
  { maxBytes, deadlines, answered }: ReadBodyOptions,
): Promise<BodyOutcome> {
  const { body } = request;
  if (request.bodyUsed || body?.locked === true) return { kind: "taken" };
  if (Number(request.headers.get("content-length")) > maxBytes) return { kind: "too-large" };
  if (body === null) return { kind: "complete", bytes: new Uint8Array() };
  const reader = body.getReader();
  const timeout = Promise.withResolvers<BodyOutcome>();
  const waiting: BodyReader = { timedOut: () => timeout.resolve({ kind: "timeout" }) };
  deadlines.start(waiting);
  const outcome = await Promise.race([
    drain(reader, maxBytes).catch(() => aborted),
    timeout.promise,
    answered.then(() => aborted),
  ]);
  deadlines.stop(waiting);
  // What the cancelling comes to is nobody's business: the body is given up.
  if (outcome.kind !== "complete") void reader.cancel().catch(() => undefined);
  return outcome;
}

const aborted: BodyOutcome = { kind: "aborted" };

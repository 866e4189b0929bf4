import type { IncomingMessage } from "node:http";
import type { Deadlines } from "../deadlines.ts";
import type { BodyOutcome } from "../http/http-request.ts";

/** A body that is being read, as seen by the timer that all share. */
export interface BodyReader {
  timedOut(): void;
}

export interface ReadBodyOptions {
  readonly maxBytes: number;
  readonly deadlines: Deadlines<BodyReader>;
}

/** Reads a request body up to a limit; what comes beyond it is thrown away, not kept (S-13). */
export function readBody(
  request: IncomingMessage,
  { maxBytes, deadlines }: ReadBodyOptions,
): Promise<BodyOutcome> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;

    const finish = (outcome: BodyOutcome): void => {
      request.off("data", onData).off("end", onEnd).off("close", onGone).off("error", onGone);
      deadlines.stop(reader);
      resolve(outcome);
    };
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      chunks.push(chunk);
      if (size > maxBytes) finish({ kind: "too-large" });
    };
    const onEnd = (): void => {
      const [only, ...others] = chunks;
      const bytes = only !== undefined && others.length === 0 ? only : Buffer.concat(chunks, size);
      finish({ kind: "complete", bytes });
    };
    const onGone = (): void => finish({ kind: "aborted" });
    const reader: BodyReader = { timedOut: () => finish({ kind: "timeout" }) };

    if (Number(request.headers["content-length"]) > maxBytes) return finish({ kind: "too-large" });
    request.on("data", onData).on("end", onEnd).on("close", onGone).on("error", onGone);
    deadlines.start(reader);
  });
}

import type { Deadlines } from "../deadlines.ts";
import { createByteCollector } from "../http/byte-collector.ts";
import type { BodyOutcome, BodyReader } from "../http/http-request.ts";
import { giveWay, type Reader } from "./fair-reading.ts";
import type { NodeRequest } from "./node-types.ts";

export interface ReadBodyOptions {
  readonly maxBytes: number;
  readonly deadlines: Deadlines<BodyReader>;
}

const always: Reader = { wantsMore: true };

/** Reads a request body up to a limit; what comes beyond it is thrown away, not kept (S-13). */
export function readBody(
  request: NodeRequest,
  { maxBytes, deadlines }: ReadBodyOptions,
): Promise<BodyOutcome> {
  return new Promise((resolve) => {
    const collector = createByteCollector();

    const finish = (outcome: BodyOutcome): void => {
      request.off("data", onData).off("end", onEnd).off("close", onGone).off("error", onGone);
      deadlines.stop(reader);
      resolve(outcome);
    };
    const onData = (chunk: Buffer): void => {
      if (collector.size + chunk.length > maxBytes) return finish({ kind: "too-large" });
      collector.add(chunk);
      giveWay(request, chunk.length, always);
    };
    const onEnd = (): void => finish({ kind: "complete", bytes: collector.take() });
    const onGone = (): void => finish({ kind: "aborted" });
    const reader: BodyReader = { timedOut: () => finish({ kind: "timeout" }) };

    if (request.readableDidRead) return finish({ kind: "taken" });
    if (Number(request.headers["content-length"]) > maxBytes) return finish({ kind: "too-large" });
    request.on("data", onData).on("end", onEnd).on("close", onGone).on("error", onGone);
    deadlines.start(reader);
  });
}

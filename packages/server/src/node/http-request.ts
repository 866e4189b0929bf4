import { type Clock, OpAMPError } from "@opamp/protocol";
import type { Deadlines } from "../deadlines.ts";
import type { Gzip } from "../http/gzip.ts";
import type { HttpAnswer } from "../http/http-answer.ts";
import type { BodyOutcome, BodyReader, HttpRequest } from "../http/http-request.ts";
import type { Entrance } from "../overload/entrance.ts";
import { NodeConnectRequest } from "./connect-request.ts";
import { discardRest, isShort } from "./discard-rest.ts";
import { nodeGzip } from "./gzip.ts";
import { isWritten, type NodeRequest, type NodeResponse, outputOf } from "./node-types.ts";
import { readBody } from "./read-body.ts";
import { writeAnswer } from "./write-answer.ts";

export interface NodeHttpRequestParts {
  readonly request: NodeRequest;
  readonly response: NodeResponse;
  readonly deadlines: Deadlines<BodyReader>;
  readonly entrance: Entrance;
  readonly maxReceiveBytes: number;
  readonly clock: Clock;
}

/** A request of node:http, node:https or node:http2. */
export class NodeHttpRequest implements HttpRequest {
  readonly method: string;
  readonly connect: NodeConnectRequest;
  readonly offersWebSocket: boolean;
  readonly gzip: Gzip = nodeGzip;
  readonly #parts: NodeHttpRequestParts;

  constructor(parts: NodeHttpRequestParts) {
    this.#parts = parts;
    this.method = parts.request.method ?? "";
    this.connect = new NodeConnectRequest("http", parts.request);
    this.offersWebSocket = parts.request.httpVersionMajor === 1;
    const output = outputOf(parts.response);
    if (output.destroyed) this.connect.abort();
    output.once("close", () => {
      if (!isWritten(output)) this.connect.abort();
    });
  }

  get gone(): boolean {
    return this.connect.aborted;
  }

  readBody(maxBytes: number): Promise<BodyOutcome> {
    const { request, deadlines } = this.#parts;
    return readBody(request, { maxBytes, deadlines });
  }

  async respond(answer: HttpAnswer): Promise<void> {
    if (this.gone) throw new OpAMPError("connection-lost", "the agent has gone");
    const { response, entrance } = this.#parts;
    // A kept-alive connection would hold up the shutdown.
    if (!entrance.isOpen() && !("stream" in response)) response.shouldKeepAlive = false;
    await writeAnswer(response, answer, this.#restOfBody(answer));
  }

  /** Throws away what is still to come of the body; a connection on which too much comes is not kept. */
  #restOfBody({ headers }: HttpAnswer): (() => Promise<void>) | undefined {
    const { request, response, maxReceiveBytes, clock } = this.#parts;
    if (request.complete || "stream" in request || "stream" in response) return undefined;
    const isKept = response.shouldKeepAlive && headers.connection !== "close";
    // Node itself reads to the end of a request before the next one.
    if (isKept && isShort(request)) return undefined;
    return async () => {
      if (await discardRest(request, { maxReceiveBytes, clock })) return;
      response.once("finish", () => request.destroy());
    };
  }

  cut(): void {
    outputOf(this.#parts.response).destroy();
  }
}

import type { IncomingMessage, ServerResponse } from "node:http";
import { OpAMPError } from "@opamp/protocol";
import type { Deadlines } from "../deadlines.ts";
import type { HttpAnswer } from "../http/http-answer.ts";
import type { BodyOutcome, HttpRequest } from "../http/http-request.ts";
import type { Entrance } from "../overload/entrance.ts";
import { NodeConnectRequest } from "./connect-request.ts";
import { type BodyReader, readBody } from "./read-body.ts";
import { writeAnswer } from "./write-answer.ts";

export interface NodeHttpRequestParts {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly deadlines: Deadlines<BodyReader>;
  readonly entrance: Entrance;
}

/** A request of node:http. */
export class NodeHttpRequest implements HttpRequest {
  readonly method: string;
  readonly connect: NodeConnectRequest;
  readonly #parts: NodeHttpRequestParts;

  constructor(parts: NodeHttpRequestParts) {
    this.#parts = parts;
    this.method = parts.request.method ?? "";
    this.connect = new NodeConnectRequest("http", parts.request);
    if (parts.response.destroyed) this.connect.abort();
    parts.response.once("close", () => {
      if (!parts.response.writableFinished) this.connect.abort();
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
    if (!entrance.isOpen()) response.shouldKeepAlive = false;
    await writeAnswer(response, answer);
  }
}

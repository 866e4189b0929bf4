import type { IncomingHttpHeaders } from "node:http";
import { OpAMPError } from "@opamp/protocol";
import type { ConnectRequest } from "../connect-request.ts";
import type { Deadlines } from "../deadlines.ts";
import type { Gzip } from "../http/gzip.ts";
import { withoutConnectionHeaders } from "../http/header-rules.ts";
import { type HttpAnswer, textAnswer } from "../http/http-answer.ts";
import type { BodyOutcome, BodyReader, HttpRequest } from "../http/http-request.ts";
import { takeQueryParameter } from "../security/query-parameter.ts";
import { readBody } from "./read-body.ts";
import { streamGzip } from "./stream-gzip.ts";

/** What a `Request` does not tell of who sends it. */
export interface FetchPeer {
  /** For `ConnectRequest.remoteAddress`. */
  readonly remoteAddress?: string | undefined;
  /** For `ConnectRequest.remotePort`. */
  readonly remotePort?: number | undefined;
}

export interface FetchHttpRequestParts {
  readonly request: Request;
  readonly peer: FetchPeer;
  readonly deadlines: Deadlines<BodyReader>;
}

/** A request of the fetch standard. */
export class FetchHttpRequest implements HttpRequest {
  readonly connect: ConnectRequest;
  readonly offersWebSocket = false;
  readonly gzip: Gzip = streamGzip;
  readonly #request: Request;
  readonly #deadlines: Deadlines<BodyReader>;
  readonly #response = Promise.withResolvers<Response>();

  constructor({ request, peer, deadlines }: FetchHttpRequestParts) {
    this.#request = request;
    this.#deadlines = deadlines;
    this.connect = connectRequestFrom(request, peer);
  }

  get method(): string {
    return this.#request.method;
  }

  get gone(): boolean {
    return this.#request.signal.aborted;
  }

  get response(): Promise<Response> {
    return this.#response.promise;
  }

  readBody(maxBytes: number): Promise<BodyOutcome> {
    const limits = { maxBytes, deadlines: this.#deadlines, answered: this.#response.promise };
    return readBody(this.#request, limits);
  }

  async respond(answer: HttpAnswer): Promise<void> {
    if (this.gone) throw new OpAMPError("connection-lost", "the agent has gone");
    this.#response.resolve(responseFromAnswer(answer));
  }

  cut(): void {
    this.#response.resolve(responseFromAnswer(cutOff));
  }
}

const cutOff = textAnswer(503, "the server is shutting down");

/** Whoever writes the response decides on the connection. */
export function responseFromAnswer({ status, headers, body }: HttpAnswer): Response {
  const length = { "content-length": `${body.length}` };
  return new Response(body, {
    status,
    headers: { ...withoutConnectionHeaders(headers), ...length },
  });
}

function connectRequestFrom(request: Request, peer: FetchPeer): ConnectRequest {
  const { pathname, search, protocol } = new URL(request.url);
  const headers: IncomingHttpHeaders = Object.fromEntries(request.headers);
  let url = `${pathname}${search}`;
  return {
    transport: "http",
    get url() {
      return url;
    },
    headers,
    remoteAddress: peer.remoteAddress,
    remotePort: peer.remotePort,
    encrypted: protocol === "https:",
    peerCertificate: undefined,
    peerAuthorized: false,
    signal: request.signal,
    takeQueryParameter(name) {
      const taken = takeQueryParameter(url, name);
      url = taken.url;
      return taken.values;
    },
  };
}

import type { Server as HttpServer, IncomingMessage, ServerResponse } from "node:http";
import type {
  Http2SecureServer,
  Http2Server,
  Http2ServerRequest,
  Http2ServerResponse,
  ServerHttp2Stream,
} from "node:http2";

/** A server that emits requests: of node:http, node:https or node:http2. */
export type NodeServer = HttpServer | Http2Server | Http2SecureServer;

export type NodeRequest = IncomingMessage | Http2ServerRequest;

export type NodeResponse = ServerResponse | Http2ServerResponse;

/** What tells how far a response is: over HTTP/2 its stream, whose events also tell of a loss. */
export function outputOf(response: NodeResponse): ServerResponse | ServerHttp2Stream {
  return "stream" in response ? response.stream : response;
}

/** Whether all was written. HTTP/2 also finishes the stream of an agent that has gone away. */
export function isWritten(output: ServerResponse | ServerHttp2Stream): boolean {
  return output.writableFinished && !("aborted" in output && output.aborted);
}

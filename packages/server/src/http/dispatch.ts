import { CONTENT_TYPE_PROTOBUF } from "@opamp/protocol";
import { isProtobuf } from "./content-type.ts";
import { type HttpAnswer, textAnswer } from "./http-answer.ts";
import type { HttpRequest } from "./http-request.ts";

/**
 * The answer to a request that is neither OpAMP over HTTP nor a WebSocket upgrade; undefined for one
 * that is OpAMP over HTTP (S-11).
 */
export function misdirectedAnswer(request: HttpRequest): HttpAnswer | undefined {
  const { method } = request;
  if (isProtobuf(request.connect.headers["content-type"])) {
    return method === "POST" ? undefined : methodNotAllowed("POST");
  }
  if (method === "POST") {
    return textAnswer(415, `OpAMP over HTTP needs Content-Type: ${CONTENT_TYPE_PROTOBUF}`);
  }
  if (!request.offersWebSocket) {
    return textAnswer(405, "no WebSocket is spoken here, only OpAMP over HTTP, by POST", {
      allow: "POST",
    });
  }
  if (method !== "GET") return methodNotAllowed("GET, POST");
  return textAnswer(426, "this is an OpAMP endpoint: upgrade to WebSocket, or POST a message", {
    upgrade: "websocket",
    connection: "Upgrade",
  });
}

function methodNotAllowed(allow: string): HttpAnswer {
  return textAnswer(405, "OpAMP over HTTP uses POST, over WebSocket GET", { allow });
}

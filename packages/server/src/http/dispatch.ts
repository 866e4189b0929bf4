import { CONTENT_TYPE_PROTOBUF } from "@opamp/protocol";
import { isProtobuf } from "./content-type.ts";
import { type HttpAnswer, textAnswer } from "./http-answer.ts";

/**
 * The answer to a request that is neither OpAMP over HTTP nor a WebSocket upgrade; undefined for one
 * that is OpAMP over HTTP (S-11).
 */
export function misdirectedAnswer(
  method: string,
  contentType: string | undefined,
): HttpAnswer | undefined {
  if (isProtobuf(contentType)) {
    return method === "POST" ? undefined : methodNotAllowed("POST");
  }
  if (method === "POST") {
    return textAnswer(415, `OpAMP over HTTP needs Content-Type: ${CONTENT_TYPE_PROTOBUF}`);
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

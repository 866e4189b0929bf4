import { OpAMPError } from "@opamp/protocol";
import { withoutConnectionHeaders } from "../http/header-rules.ts";
import type { HttpAnswer } from "../http/http-answer.ts";
import { isWritten, type NodeResponse, outputOf } from "./node-types.ts";

/**
 * Writes an answer. Resolves when it was handed to the system; rejects with `connection-lost`.
 * @param rest over HTTP/1.1, what to wait for before it ends: Node may cut the connection then
 */
export function writeAnswer(
  response: NodeResponse,
  answer: HttpAnswer,
  rest?: () => Promise<unknown>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const output = outputOf(response);
    // Every response is closed in the end, also a finished one.
    const settle = (): void => {
      if (isWritten(output)) resolve();
      else reject(new OpAMPError("connection-lost", "the agent has gone before it was answered"));
    };
    output.once("close", settle).once("finish", settle);
    const length = { "content-length": answer.body.length };
    if ("stream" in response) {
      response.writeHead(answer.status, { ...withoutConnectionHeaders(answer.headers), ...length });
      response.end(answer.body);
    } else {
      response.writeHead(answer.status, { ...answer.headers, ...length });
      if (rest === undefined) {
        response.end(answer.body);
      } else {
        response.write(answer.body);
        void rest().then(() => response.end());
      }
    }
  });
}

import type { ServerResponse } from "node:http";
import { OpAMPError } from "@opamp/protocol";
import type { HttpAnswer } from "../http/http-answer.ts";

/** Writes an answer. Resolves when it was handed to the system; rejects with `connection-lost`. */
export function writeAnswer(response: ServerResponse, answer: HttpAnswer): Promise<void> {
  return new Promise((resolve, reject) => {
    response.once("finish", resolve);
    response.once("close", () => {
      reject(new OpAMPError("connection-lost", "the agent has gone before it was answered"));
    });
    response.writeHead(answer.status, {
      ...answer.headers,
      "Content-Length": answer.body.length,
    });
    response.end(answer.body);
  });
}

import type { ServerResponse } from "node:http";
import { OpAMPError } from "@opamp/protocol";
import type { HttpAnswer } from "../http/http-answer.ts";

/** Writes an answer. Resolves when it was handed to the system; rejects with `connection-lost`. */
export function writeAnswer(response: ServerResponse, answer: HttpAnswer): Promise<void> {
  return new Promise((resolve, reject) => {
    // Every response is closed in the end, also a finished one.
    response.once("close", () => {
      if (response.writableFinished) resolve();
      else reject(new OpAMPError("connection-lost", "the agent has gone before it was answered"));
    });
    response.once("finish", resolve);
    response.writeHead(answer.status, { ...answer.headers, "content-length": answer.body.length });
    response.end(answer.body);
  });
}

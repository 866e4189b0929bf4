import { type ClientOptions, WebSocket } from "ws";
import type { RawResponse } from "./http-agent.ts";

/** How an upgrade is answered; the WebSocket of a 101 is closed at once. */
export function upgrade(url: string, options: ClientOptions = {}): Promise<RawResponse> {
  const webSocket = new WebSocket(url, { perMessageDeflate: false, ...options });
  return new Promise((resolve, reject) => {
    webSocket.once("error", reject);
    webSocket.once("unexpected-response", (_request, response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => {
        const { statusCode = 0, headers } = response;
        resolve({ status: statusCode, headers, body: Buffer.concat(chunks) });
      });
    });
    webSocket.once("upgrade", ({ headers }) => {
      webSocket.once("open", () => webSocket.terminate());
      resolve({ status: 101, headers, body: Buffer.alloc(0) });
    });
  });
}

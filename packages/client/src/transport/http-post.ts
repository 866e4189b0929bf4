import type { Agent, ClientRequest, IncomingMessage } from "node:http";
import https from "node:https";
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { raceSignal } from "./attempt-scope.ts";
import { errorFromNetwork } from "./network-error.ts";
import { http } from "./node-http.ts";
import { isTls } from "./redirect.ts";
import type { RequestHeaders } from "./request-headers.ts";

export interface PostOptions {
  readonly url: URL;
  readonly headers: RequestHeaders;
  readonly body: Uint8Array;
  readonly agent: Agent;
  /** Ends the exchange, until its answer has been read; its reason is what the promise rejects with. */
  readonly signal: AbortSignal;
  /** Called when there is a connection, new or kept. */
  readonly onConnected: () => void;
  /** Called when the request was handed to the operating system. */
  readonly onWritten: () => void;
}

/** What a request without a body needs. */
export type GetOptions = Omit<PostOptions, "body" | "onWritten">;

/** Posts one body to one address; resolves with the head of the answer. */
export function post(options: PostOptions): Promise<IncomingMessage> {
  return exchangeHeads("POST", options);
}

/** Asks one address for what is there; resolves with the head of the answer. */
export function get(options: GetOptions): Promise<IncomingMessage> {
  return exchangeHeads("GET", options);
}

function exchangeHeads(
  method: "GET" | "POST",
  options: GetOptions & Partial<PostOptions>,
): Promise<IncomingMessage> {
  const { url, headers, body, agent, signal, onWritten } = options;
  signal.throwIfAborted();
  const { request } = isTls(url) ? https : http;
  const outgoing = request(url, { method, headers: { ...headers }, agent, signal });
  let otherwise: "connect-failed" | "connection-lost" = "connect-failed";
  outgoing.once("socket", (socket) => {
    whenConnected(outgoing, socket, () => {
      otherwise = "connection-lost";
      options.onConnected();
    });
  });
  if (onWritten !== undefined) outgoing.once("finish", onWritten);
  outgoing.end(body);
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once("response", (response) => {
      // Nobody waits for the rest of a request that was answered early.
      response.once("end", () => outgoing.writableFinished || outgoing.destroy());
      resolve(response);
    });
    // Stays for good: the server may answer early and drop the rest of the request.
    outgoing.on("error", (thrown) => {
      reject(errorFromNetwork(thrown, otherwise, "no answer"));
    });
  });
  // A request that still waits for its tunnel does not tell that it was cut.
  return raceSignal(answer, signal);
}

function whenConnected(outgoing: ClientRequest, socket: Socket, then: () => void): void {
  if (outgoing.reusedSocket) then();
  else if (socket instanceof TLSSocket) socket.once("secureConnect", then);
  else if (socket.connecting) socket.once("connect", then);
  else then();
}

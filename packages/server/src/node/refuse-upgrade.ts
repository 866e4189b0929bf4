import { type IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { describeThrown, type Logger } from "@opamp/protocol";
import type { HttpAnswer } from "../http/http-answer.ts";
import { writeAnswer } from "./write-answer.ts";

export interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

/** Answers an upgrade with HTTP instead of a WebSocket, and closes its socket. Never rejects. */
export async function refuseUpgrade(
  { request, socket }: Upgrade,
  answer: HttpAnswer,
  logger: Logger,
): Promise<void> {
  socket.on("error", destroyOnError);
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  // Node types this for net.Socket, and uses what every Duplex has.
  response.assignSocket(socket as Socket);
  try {
    await writeAnswer(response, answer);
  } catch (thrown) {
    logger.debug(`a refused upgrade was not answered: ${describeThrown(thrown)}`);
  }
  socket.end(() => socket.destroy());
}

/** Until a WebSocket takes a socket over, nobody else listens for its errors. */
export function destroyOnError(this: Duplex): void {
  this.destroy();
}

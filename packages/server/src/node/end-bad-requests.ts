import { type Server, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";

/** So many late requests are ended in one turn of the event loop: that takes a millisecond. */
const LATE_AT_ONCE = 10;

interface LateRequest {
  readonly socket: Socket;
  /** When it was found to be late. */
  readonly bytesWritten: number;
}

/**
 * Ends the connections on which requests are late or cannot be read, as Node would do by itself. But
 * Node ends all at once that it finds to be late: thousands that were opened together would hold up
 * everybody else.
 */
export function endBadRequests(server: Server): void {
  const late: LateRequest[] = [];
  const endSome = (): void => {
    for (const { socket, bytesWritten } of late.splice(0, LATE_AT_ONCE)) {
      // It may be answered meanwhile, or even be a WebSocket.
      end(socket, socket.bytesWritten === bytesWritten ? 408 : undefined);
    }
    if (late.length > 0) setImmediate(endSome);
  };
  server.on("clientError", (error: NodeJS.ErrnoException, socket: Socket) => {
    if (error.code !== "ERR_HTTP_REQUEST_TIMEOUT") return end(socket, statusOf(error));
    if (late.push({ socket, bytesWritten: socket.bytesWritten }) === 1) setImmediate(endSome);
  });
}

/** Undefined where it is the connection that failed. */
function statusOf({ code = "" }: NodeJS.ErrnoException): number | undefined {
  switch (code) {
    case "HPE_HEADER_OVERFLOW":
      return 431;
    case "HPE_CHUNK_EXTENSIONS_OVERFLOW":
      return 413;
    default:
      return code.startsWith("HPE_") ? 400 : undefined;
  }
}

function end(socket: Socket, status: number | undefined): void {
  if (status !== undefined && socket.writable && !isBeingAnswered(socket)) {
    socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n\r\n`);
  }
  socket.destroy();
}

/** Whether a part of an answer is written; only Node's own mark tells. */
function isBeingAnswered(socket: Socket): boolean {
  const response: { readonly headersSent?: boolean } | null | undefined = Reflect.get(
    socket,
    "_httpMessage",
  );
  return response?.headersSent === true;
}

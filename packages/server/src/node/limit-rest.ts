import type { Duplex } from "node:stream";

/** Room for the agent's close frame, and for what was on its way before it. */
const MAX_REST_BYTES = 256 * 1024;

/**
 * Cuts an agent whose WebSocket is broken off when it goes on sending: all that it says is thrown
 * away, but reading as fast as it writes would hold up the others.
 */
export function limitRest(socket: Duplex): void {
  let leftBytes = MAX_REST_BYTES;
  socket.on("data", (chunk: Buffer) => {
    leftBytes -= chunk.length;
    if (leftBytes < 0) socket.destroy();
  });
}

import type { ServerToAgent } from "@opamp/protocol";

/** A message with its uid as a Buffer, whichever kind of bytes the codec gave. */
export function comparable(message: ServerToAgent): ServerToAgent {
  return { ...message, instanceUid: Buffer.from(message.instanceUid) };
}

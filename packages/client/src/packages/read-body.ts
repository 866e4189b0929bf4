import type { IncomingMessage } from "node:http";

/**
 * The bytes of a body. What the socket has read is freed as soon as the HTTP parser has copied it,
 * and with `freesChunks` each chunk when the next one is asked for: V8 lets more than 30 MB of both
 * pile up before it collects them.
 */
export async function* readBody(
  message: IncomingMessage,
  freesChunks: boolean,
): AsyncGenerator<Uint8Array> {
  const inputs = new Set<Uint8Array>();
  message.socket.on("data", (input: Uint8Array) => inputs.add(input));
  let isCopied: boolean | undefined;
  for await (const chunk of message as AsyncIterable<Uint8Array>) {
    isCopied ??= isCopy(chunk, inputs);
    if (isCopied) for (const input of inputs) free(input);
    inputs.clear();
    yield chunk;
    if (isCopied && freesChunks) free(chunk);
  }
}

/** A part of what was read lies in the same memory, beside the head of the answer or on its own. */
function isCopy(chunk: Uint8Array, inputs: ReadonlySet<Uint8Array>): boolean {
  const isPart = inputs.values().some(({ buffer }) => buffer === chunk.buffer);
  return ownsMemory(chunk) && !isPart;
}

function free(bytes: Uint8Array): void {
  if (ownsMemory(bytes) && bytes.buffer instanceof ArrayBuffer) bytes.buffer.transfer(0);
}

function ownsMemory({ buffer, byteLength }: Uint8Array): boolean {
  return byteLength > 0 && byteLength === buffer.byteLength;
}

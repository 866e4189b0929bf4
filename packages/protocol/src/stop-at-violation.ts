/** What `ws` parses frames with, and does not say about it. */
interface Receiver {
  readonly _errored: boolean;
  _write(chunk: Uint8Array, encoding: string, done: () => void): void;
}

/**
 * Lets an open WebSocket of `ws` read nothing behind a frame that broke the rules. What was there
 * already is read otherwise, and may be a message to inflate: when the connection ends before that is
 * done, `ws` throws where nobody can catch it, and the process ends.
 */
export function stopAtViolation(webSocket: object): void {
  const receiver: Receiver | undefined = Reflect.get(webSocket, "_receiver");
  if (receiver === undefined) return;
  const write = receiver._write.bind(receiver);
  receiver._write = (chunk, encoding, done) => {
    if (receiver._errored) done();
    else write(chunk, encoding, done);
  };
}

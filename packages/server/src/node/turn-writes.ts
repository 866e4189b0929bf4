// To write is most of what an answer costs, and it wakes the agent's side up. The answers to all that
// is read in one turn of the event loop are written together at its end: while many agents speak,
// that takes a sixth less CPU than to read and write by turns.

/** So many wait at most. */
const MAX_WAITING = 256;

/** Something that has a frame to write. */
interface Waiting {
  flush(): void;
}

let waiting: Waiting[] = [];

/** Flushes when all that can be read now has been read. */
export function flushAtEndOfTurn(socket: Waiting): void {
  const count = waiting.push(socket);
  if (count === 1) setImmediate(flushAll);
  else if (count === MAX_WAITING) flushAll();
}

function flushAll(): void {
  const due = waiting;
  waiting = [];
  for (const socket of due) socket.flush();
}

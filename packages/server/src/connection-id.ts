let last = 0;

/** The id of a new connection, unique within the process. */
export function nextConnectionId(): number {
  last += 1;
  return last;
}

/** The id of a lesson. */
export type LessonId = `L-${string}`;

/** What implementations in the field got wrong, as behaviour to show. */
export interface Lesson {
  readonly id: LessonId;
  readonly title: string;
}

/** Every lesson, by its number. */
export const lessons: readonly Lesson[] = [
  { id: "L-01", title: "An offer may lack any of its parts; the agent reports what is missing" },
  { id: "L-02", title: "Size limits count decompressed bytes, and refusing costs little memory" },
  { id: "L-03", title: "A reply that makes no sense is a failed exchange, and is retried" },
  { id: "L-04", title: "A redirect leaks no credentials, keeps TLS, is bounded and not permanent" },
  { id: "L-05", title: "A configured proxy is used, or the connection fails" },
  { id: "L-06", title: "A package with a wrong hash or signature is never installed" },
  { id: "L-07", title: "A callback that throws or hangs harms nothing but its own outcome" },
  { id: "L-08", title: "What could not be delivered is due again" },
  { id: "L-09", title: "An awaited custom message was written; its queue is ordered and bounded" },
  { id: "L-10", title: "An unreadable effective config does not hold up the rest of the state" },
  { id: "L-11", title: "Downloads survive a reconnect, are superseded, and run one at a time" },
  { id: "L-12", title: "Failing to store the state of packages is a failed install" },
  { id: "L-13", title: "The hash of an offer is remembered over restarts, failed ones too" },
  { id: "L-14", title: "Every settings offer ends in APPLIED or FAILED at the server" },
  { id: "L-15", title: "State and queue survive a change of connection settings" },
  { id: "L-16", title: "A server that accepts and then drops is backed off from" },
  { id: "L-17", title: "Jitter comes after the cap, and on the first reconnect and polls too" },
  { id: "L-18", title: "Throttling is honoured on both transports, with its minimum wait" },
  { id: "L-19", title: "A silent peer is noticed; every wait has its own timeout" },
  { id: "L-20", title: "Headers are fresh for every attempt; a refusal is visible as such" },
  { id: "L-21", title: "Stop works from any state within its deadline, and says goodbye" },
  { id: "L-22", title: "Heartbeats follow the capability and the offer; 0 is never an accident" },
  { id: "L-23", title: "Nothing is reported that was not declared" },
  { id: "L-24", title: "What the server says of itself is visible to the agent, and respected" },
  { id: "L-25", title: "Package status fields hold what is true now, and nothing older" },
  { id: "L-26", title: "Every error a user can meet can be imported and tested for" },
  { id: "L-27", title: "Replies echo the uid, have the exact media type, and errors say why" },
  { id: "L-28", title: "A uid that is not 16 bytes is refused politely" },
  { id: "L-29", title: "Closing a server is orderly and bounded; a failed listen leaves nothing" },
  { id: "L-30", title: "A slow reader costs its own bounded queue and nobody else's time" },
  { id: "L-31", title: "An empty config map is never sent by accident" },
  { id: "L-32", title: "An effective config alone is no evidence of drift" },
  { id: "L-33", title: "A credential in the query is opt-in and reaches no log" },
];

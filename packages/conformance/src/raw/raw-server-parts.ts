import type { AnswerBook } from "./answer-book.ts";
import type { ReceivedMessage } from "./received-message.ts";
import type { WritableRecording } from "./recording.ts";
import type { Trace } from "./trace.ts";

/** What both transports of a raw server share. */
export interface RawServerParts {
  readonly messages: WritableRecording<ReceivedMessage>;
  readonly book: AnswerBook;
  readonly trace: Trace;
  /** How long recordings wait; undefined for their default. */
  readonly waitMs: number | undefined;
}

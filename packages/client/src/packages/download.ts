import { OpAMPError } from "@opamp/protocol";
import { AttemptScope, raceSignal } from "../transport/attempt-scope.ts";
import { assertSize } from "./content-check.ts";
import type { CheckedFile } from "./downloadable-file.ts";
import type { OpenContent } from "./open-content.ts";
import { errorOf, type RequestParts, requestContent } from "./request-content.ts";
import { RetryDownload, type RetryDownloadOptions } from "./retry-download.ts";

export interface DownloadOptions extends RequestParts, RetryDownloadOptions {
  readonly file: CheckedFile;
  /** How many bytes are there already, and what makes sure that they are of the same content. */
  readonly startAt: number;
  readonly validator: string | undefined;
  readonly maxPackageBytes: number;
  readonly stallTimeoutMs: number;
}

interface Attempt {
  readonly scope: AttemptScope;
  readonly content: OpenContent;
}

/** One content, however many requests it takes: what breaks goes on where it broke. */
export class Download {
  readonly #options: DownloadOptions;
  readonly #retry: RetryDownload;
  #receivedBytes: number;
  #totalBytes: number | undefined;
  #validator: string | undefined;
  /** Where the content may be asked for by position; not where a server has answered that wrongly. */
  #usesRanges = true;
  #requests = 0;

  constructor(options: DownloadOptions) {
    this.#options = options;
    this.#retry = new RetryDownload(options);
    this.#receivedBytes = options.startAt;
    this.#validator = options.validator;
  }

  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  get totalBytes(): number | undefined {
    return this.#totalBytes;
  }

  get validator(): string | undefined {
    return this.#validator;
  }

  /** Whether the content was put together from more than one answer. */
  get wasResumed(): boolean {
    return this.#requests > 1 || this.#options.startAt > 0;
  }

  /** Gets the first answer. Rejects with an `OpAMPError` when there is none to be had. */
  async open(): Promise<AsyncIterableIterator<Uint8Array>> {
    return this.#read(await this.#attempt());
  }

  /** The content from `startAt` on. */
  async *#read(first: Attempt): AsyncGenerator<Uint8Array> {
    for (let attempt = first; ; attempt = await this.#attempt()) {
      const before = this.#receivedBytes;
      try {
        yield* this.#readOnce(attempt);
        return;
      } catch (thrown) {
        const error = this.#reasonOf(thrown);
        await this.#retry.afterFailure(error, this.#receivedBytes - before);
      } finally {
        end(attempt.scope);
      }
    }
  }

  async #attempt(): Promise<Attempt> {
    for (;;) {
      const scope = new AttemptScope(this.#options.clock, this.#options.signal);
      try {
        return { scope, content: await this.#request(scope) };
      } catch (thrown) {
        end(scope);
        const error = this.#reasonOf(thrown);
        await this.#retry.afterFailure(error, 0);
      }
    }
  }

  async #request(scope: AttemptScope): Promise<OpenContent> {
    const { file, maxPackageBytes } = this.#options;
    const from = this.#usesRanges && this.#receivedBytes > 0 ? this.#receivedBytes : undefined;
    this.#requests += 1;
    const request = { file, from, validator: this.#validator };
    const content = await requestContent(request, this.#options, scope);
    assertSize(content.totalBytes, maxPackageBytes);
    if ((content.totalBytes ?? Infinity) < this.#receivedBytes) throw tooLong();
    this.#totalBytes = content.totalBytes;
    this.#usesRanges &&= content.isResumable;
    this.#validator = content.validator ?? this.#validator;
    return content;
  }

  /** Skips what is there already, for a server may answer with all of it. */
  async *#readOnce({ scope, content }: Attempt): AsyncGenerator<Uint8Array> {
    let toSkip = this.#receivedBytes - content.startsAt;
    for await (const chunk of this.#withoutStalls(content.body, scope)) {
      const fresh = chunk.subarray(Math.min(toSkip, chunk.length));
      toSkip -= chunk.length - fresh.length;
      if (fresh.length === 0) continue;
      this.#receivedBytes += fresh.length;
      yield fresh;
    }
    const isShort = this.#totalBytes !== undefined && this.#receivedBytes < this.#totalBytes;
    if (!isShort && toSkip === 0) return;
    throw new OpAMPError(
      "connection-lost",
      `the download ended after ${this.#receivedBytes} bytes`,
    );
  }

  /** Waits only so long for the next bytes; how long the reader takes does not count. */
  async *#withoutStalls(
    body: AsyncIterable<Uint8Array>,
    scope: AttemptScope,
  ): AsyncGenerator<Uint8Array> {
    const { clock, stallTimeoutMs } = this.#options;
    const chunks = body[Symbol.asyncIterator]();
    for (;;) {
      const stalled = clock.setTimer(() => {
        const problem = `the download brought nothing within ${stallTimeoutMs} ms`;
        scope.abort(new OpAMPError("timeout", problem));
      }, stallTimeoutMs);
      const next = await raceSignal(chunks.next(), scope.signal).finally(() => stalled.cancel());
      if (next.done === true) return;
      yield next.value;
    }
  }

  /** What is known not to work is not tried again: a range that was answered wrongly. */
  #reasonOf(thrown: unknown): OpAMPError {
    this.#options.signal.throwIfAborted();
    const error = errorOf(thrown);
    if (error.status === 206 || error.status === 416) this.#usesRanges = false;
    return error;
  }
}

/** Frees whatever is left of an attempt. */
function end(scope: AttemptScope): void {
  scope.abort(new OpAMPError("aborted", "the answer was done with"));
  scope[Symbol.dispose]();
}

function tooLong(): OpAMPError {
  const problem = "what there was already is longer than the content";
  return new OpAMPError("content-mismatch", problem);
}

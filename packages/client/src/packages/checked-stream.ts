import { OpAMPError } from "@opamp/protocol";
import type { ContentCheck } from "./content-check.ts";

/** The data of a content for the provider: it ends only when everything was found right (L-06). */
export class CheckedStream {
  readonly #check: ContentCheck;
  readonly #onRead: () => void;
  #state:
    | { readonly name: "open" | "read" }
    | { readonly name: "failed"; readonly thrown: unknown };

  constructor(check: ContentCheck, onRead: () => void) {
    this.#check = check;
    this.#onRead = onRead;
    this.#state = { name: "open" };
  }

  async *read(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of source) {
        this.#check.add(chunk);
        yield chunk;
      }
      await this.#check.finish();
    } catch (thrown) {
      this.#state = { name: "failed", thrown };
      throw thrown;
    }
    this.#state = { name: "read" };
    this.#onRead();
  }

  /** What the data threw, whatever the provider has made of it; otherwise what it threw itself. */
  reasonFor(thrown: unknown): unknown {
    return this.#state.name === "failed" ? this.#state.thrown : thrown;
  }

  /** Throws when the provider is content with less than all of the data. */
  assertRead(): void {
    if (this.#state.name === "failed") throw this.#state.thrown;
    if (this.#state.name === "read") return;
    const problem = "updateContent did not read the data to its end";
    throw new OpAMPError("callback-failed", problem);
  }
}

import { describeThrown } from "@opamp/protocol";
import { createDeadlines, type Deadlines } from "../deadlines.ts";
import type { Entrance } from "../overload/entrance.ts";
import type { ServerContext } from "../server-context.ts";
import { handleHttp } from "./handle-http.ts";
import type { BodyReader, HttpRequest } from "./http-request.ts";

/** Where HTTP requests come in, and which of them are under way. */
export class HttpEntry {
  /** When the bodies that are being read have to be there. */
  readonly bodies: Deadlines<BodyReader>;
  readonly #context: ServerContext;
  readonly #entrance: Entrance;
  readonly #underWay = new Map<HttpRequest, Promise<void>>();

  constructor(context: ServerContext, entrance: Entrance) {
    this.#context = context;
    this.#entrance = entrance;
    this.bodies = createDeadlines({
      clock: context.clock,
      delayMs: context.timeouts.requestMs,
      expire: (reader) => reader.timedOut(),
    });
  }

  /** Answers a request. Never rejects. */
  async handle(request: HttpRequest): Promise<void> {
    const handled = this.#answer(request);
    this.#underWay.set(request, handled);
    await handled;
    this.#underWay.delete(request);
  }

  /** Resolves when all requests that came so far are answered. */
  async finish(): Promise<void> {
    await Promise.all(this.#underWay.values());
  }

  /** Breaks off what is under way. */
  cut(): void {
    for (const request of this.#underWay.keys()) request.cut();
    this.#underWay.clear();
    this.bodies.clear();
  }

  async #answer(request: HttpRequest): Promise<void> {
    try {
      await handleHttp({ context: this.#context, entrance: this.#entrance }, request);
    } catch (thrown) {
      this.#context.logger.error(`an HTTP request was cut off: ${describeThrown(thrown)}`);
      request.cut();
    }
  }
}

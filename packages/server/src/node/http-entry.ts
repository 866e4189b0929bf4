import type { IncomingMessage, ServerResponse } from "node:http";
import { describeThrown } from "@opamp/protocol";
import { createDeadlines, type Deadlines } from "../deadlines.ts";
import { handleHttp } from "../http/handle-http.ts";
import type { Entrance } from "../overload/entrance.ts";
import type { ServerContext } from "../server-context.ts";
import { NodeHttpRequest } from "./http-request.ts";
import type { BodyReader } from "./read-body.ts";

/** Where the HTTP requests of Node come in, and which of them are under way. */
export class HttpEntry {
  readonly #context: ServerContext;
  readonly #entrance: Entrance;
  readonly #bodies: Deadlines<BodyReader>;
  readonly #underWay = new Map<ServerResponse, Promise<void>>();

  constructor(context: ServerContext, entrance: Entrance) {
    this.#context = context;
    this.#entrance = entrance;
    this.#bodies = createDeadlines({
      clock: context.clock,
      delayMs: context.timeouts.requestMs,
      expire: (reader) => reader.timedOut(),
    });
  }

  /** Answers a request. Never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const handled = this.#answer(request, response);
    this.#underWay.set(response, handled);
    await handled;
    this.#underWay.delete(response);
  }

  /** Resolves when all requests that came so far are answered. */
  async finish(): Promise<void> {
    await Promise.all(this.#underWay.values());
  }

  /** Breaks off what is under way. */
  cut(): void {
    for (const response of this.#underWay.keys()) response.destroy();
    this.#underWay.clear();
    this.#bodies.clear();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const context = this.#context;
    const entrance = this.#entrance;
    try {
      const parts = { request, response, entrance, deadlines: this.#bodies };
      await handleHttp({ context, entrance }, new NodeHttpRequest(parts));
    } catch (thrown) {
      context.logger.error(`an HTTP request was cut off: ${describeThrown(thrown)}`);
      response.destroy();
    }
  }
}

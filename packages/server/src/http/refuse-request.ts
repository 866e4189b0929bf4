import { describeThrown, type Logger } from "@opamp/protocol";
import type { HttpAnswer } from "./http-answer.ts";
import type { HttpRequest } from "./http-request.ts";

/** Answers a request that is not let on. Never rejects. */
export async function refuseRequest(
  request: HttpRequest,
  answer: HttpAnswer,
  logger: Logger,
): Promise<void> {
  logger.debug(`an HTTP request is refused with ${answer.status}`);
  try {
    await request.respond(answer);
  } catch (thrown) {
    logger.debug(`a refusal was not sent: ${describeThrown(thrown)}`);
  }
}

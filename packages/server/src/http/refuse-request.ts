import { describeThrown } from "@opamp/protocol";
import type { Refused } from "../connect-decision.ts";
import type { ServerContext } from "../server-context.ts";
import type { HttpRequest } from "./http-request.ts";

/** Answers a request that is not let on. Never rejects. */
export async function refuseRequest(
  { logger, observer }: ServerContext,
  request: HttpRequest,
  { reason, answer }: Refused,
): Promise<void> {
  const { remoteAddress } = request.connect;
  logger.debug(`an HTTP request from ${remoteAddress} is refused with ${answer.status}`);
  observer.http.refused(request.connect, { reason, status: answer.status });
  try {
    await request.respond(answer);
  } catch (thrown) {
    logger.debug(`a refusal was not sent: ${describeThrown(thrown)}`);
  }
}

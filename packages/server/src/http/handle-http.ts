import { describeThrown } from "@opamp/protocol";
import { admit } from "../connect-decision.ts";
import type { ResolvedSettings } from "../resolve-settings.ts";
import { misdirectedAnswer } from "./dispatch.ts";
import { HttpExchange } from "./exchange.ts";
import type { HttpAnswer } from "./http-answer.ts";
import type { HttpRequest } from "./http-request.ts";

/** Answers one HTTP request. Never rejects. */
export async function handleHttp(settings: ResolvedSettings, request: HttpRequest): Promise<void> {
  const misdirected = misdirectedAnswer(request.method, request.connect.headers["content-type"]);
  if (misdirected !== undefined) return refuse(settings, request, misdirected);
  const admission = await admit(settings.callbacks, request.connect, settings.logger);
  if (request.gone) return;
  if (!admission.admitted) return refuse(settings, request, admission.answer);
  await new HttpExchange({ settings, request, callbacks: admission.callbacks }).run();
}

async function refuse(
  { logger }: ResolvedSettings,
  request: HttpRequest,
  answer: HttpAnswer,
): Promise<void> {
  logger.debug(`an HTTP request is refused with ${answer.status}`);
  try {
    await request.respond(answer);
  } catch (thrown) {
    logger.debug(`a refusal was not sent: ${describeThrown(thrown)}`);
  }
}

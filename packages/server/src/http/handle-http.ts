import { INSTANCE_UID_HEADER, type InstanceUid, isInstanceUid } from "@opamp/protocol";
import type { Entrance } from "../overload/entrance.ts";
import type { ResolvedSettings } from "../resolve-settings.ts";
import { misdirectedAnswer } from "./dispatch.ts";
import { HttpExchange } from "./exchange.ts";
import type { HttpRequest } from "./http-request.ts";
import { refuseRequest } from "./refuse-request.ts";

export interface HttpContext {
  readonly settings: ResolvedSettings;
  readonly entrance: Entrance;
}

/** Answers one HTTP request. Never rejects. */
export async function handleHttp(context: HttpContext, request: HttpRequest): Promise<void> {
  const { entrance, settings } = context;
  const misdirected = misdirectedAnswer(request.method, request.connect.headers["content-type"]);
  if (misdirected !== undefined && entrance.isOpen()) {
    return refuseRequest(request, misdirected, settings.logger);
  }
  const refusal = entrance.enterRequest();
  if (refusal !== undefined) return refuseRequest(request, refusal.answer, settings.logger);
  try {
    await exchange(context, request);
  } finally {
    entrance.leave();
  }
}

async function exchange({ settings, entrance }: HttpContext, request: HttpRequest): Promise<void> {
  const admission = await entrance.admit(request.connect);
  if (request.gone) return;
  if (!admission.admitted) return refuseRequest(request, admission.answer, settings.logger);
  const { callbacks } = admission;
  const namedUid = uidOfHeader(request);
  const tooFast = namedUid === undefined ? undefined : entrance.refuseAgent(namedUid);
  if (tooFast !== undefined) return refuseRequest(request, tooFast.answer, settings.logger);
  await new HttpExchange({ settings, entrance, request, callbacks, namedUid }).run();
}

/** The agent as it names itself before its message is read. */
function uidOfHeader({ connect }: HttpRequest): InstanceUid | undefined {
  const header = connect.headers[INSTANCE_UID_HEADER];
  return typeof header === "string" && isInstanceUid(header) ? header : undefined;
}

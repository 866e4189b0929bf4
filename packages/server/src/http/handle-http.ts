import {
  INSTANCE_UID_HEADER,
  type InstanceUid,
  isInstanceUid,
  parseInstanceUid,
} from "@opamp/protocol";
import type { Entrance } from "../overload/entrance.ts";
import type { ServerContext } from "../server-context.ts";
import { misdirectedAnswer } from "./dispatch.ts";
import { HttpExchange } from "./exchange.ts";
import type { HttpRequest } from "./http-request.ts";
import { refuseRequest } from "./refuse-request.ts";

export interface HttpParts {
  readonly context: ServerContext;
  readonly entrance: Entrance;
}

/** Answers one HTTP request. Never rejects. */
export async function handleHttp(parts: HttpParts, request: HttpRequest): Promise<void> {
  const { http } = parts.context.observer;
  http.begun();
  try {
    await enter(parts, request);
  } finally {
    http.ended();
  }
}

async function enter(parts: HttpParts, request: HttpRequest): Promise<void> {
  const { context, entrance } = parts;
  const misdirected = misdirectedAnswer(request);
  if (misdirected !== undefined && entrance.isOpen()) {
    return refuseRequest(context, request, { reason: "malformed", answer: misdirected });
  }
  const refusal = entrance.enterRequest();
  if (refusal !== undefined) return refuseRequest(context, request, refusal);
  try {
    await exchange(parts, request);
  } finally {
    entrance.leave();
  }
}

async function exchange({ context, entrance }: HttpParts, request: HttpRequest): Promise<void> {
  const admission = await entrance.admit(request.connect);
  if (request.gone) return;
  if (!admission.admitted) return refuseRequest(context, request, admission);
  const { callbacks } = admission;
  const namedUid = uidOfHeader(request);
  const tooFast = namedUid === undefined ? undefined : entrance.refuseAgent(namedUid);
  if (tooFast !== undefined) return refuseRequest(context, request, tooFast);
  await new HttpExchange({ context, entrance, request, callbacks, namedUid }).run();
}

/** The agent as it names itself before its message is read. */
function uidOfHeader({ connect }: HttpRequest): InstanceUid | undefined {
  const header = connect.headers[INSTANCE_UID_HEADER];
  return typeof header === "string" && isInstanceUid(header) ? parseInstanceUid(header) : undefined;
}

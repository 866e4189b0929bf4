import { OpAMPError, ServerErrorResponseType, type ServerToAgentInit } from "@opamp/protocol";

/** What a transport reports when nothing listens. */
export function refused(): OpAMPError {
  return new OpAMPError("connect-failed", "the connection was refused");
}

/** As many refusals as there are attempts to spoil. */
export function refusals(count: number): readonly OpAMPError[] {
  return Array.from({ length: count }, refused);
}

/** What a transport makes of the statuses 503 and 429. */
export function throttled(retryAfterMs?: number): OpAMPError {
  const options = retryAfterMs === undefined ? {} : { retryAfterMs };
  return new OpAMPError("throttled", "come back later", { status: 503, ...options });
}

/** The message of an overloaded server (S-131). */
export function unavailable(retryAfterNanoseconds?: bigint): ServerToAgentInit {
  const type = ServerErrorResponseType.Unavailable;
  if (retryAfterNanoseconds === undefined) return { errorResponse: { type } };
  const Details = { case: "retryInfo" as const, value: { retryAfterNanoseconds } };
  return { errorResponse: { type, Details } };
}

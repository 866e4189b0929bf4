import { OpAMPError } from "@opamp/protocol";
import type { ConnectDecision, ConnectRequest } from "../connect-request.ts";
import type { Identity } from "./identity.ts";

/** A piece of `onConnecting`, or all of it. */
export type ConnectCheck = (request: ConnectRequest) => ConnectDecision | Promise<ConnectDecision>;

type Accepted = Extract<ConnectDecision, { accept: true }>;
type Refused = Extract<ConnectDecision, { accept: false }>;

/**
 * Lets in whom every check lets in; the first refusal counts. What they say about the identity is
 * put together: credentials of two agents are refused with 403. Throws `invalid-argument` without a
 * check, which would let in everybody.
 */
export function requireAll(...checks: readonly ConnectCheck[]): ConnectCheck {
  if (checks.length === 0) throw new OpAMPError("invalid-argument", "requireAll needs a check");
  return async (request) => {
    let all: Accepted = { accept: true };
    for (const check of checks) {
      const decision = await check(request);
      if (!decision.accept) return decision;
      const other = decision.identity?.instanceUid;
      const uid = all.identity?.instanceUid;
      if (uid !== undefined && other !== undefined && uid !== other) return ofTwoAgents;
      all = bothOf(all, decision);
    }
    return all;
  };
}

/**
 * Lets in whom one of the checks lets in, asked in this order. When none does, the answer is a 401
 * with all their challenges, or the first refusal that is none.
 */
export function requireAny(...checks: readonly ConnectCheck[]): ConnectCheck {
  return async (request) => {
    const refusals: Refused[] = [];
    for (const check of checks) {
      const decision = await check(request);
      if (decision.accept) return decision;
      refusals.push(decision);
    }
    return commonRefusal(refusals);
  };
}

const ofTwoAgents: Refused = {
  accept: false,
  status: 403,
  body: "the credentials are those of two agents",
};

function bothOf(first: Accepted, second: Accepted): Accepted {
  const identity: Identity = { ...first.identity, ...second.identity };
  const hasIdentity = first.identity !== undefined || second.identity !== undefined;
  return { ...first, ...second, ...(hasIdentity && { identity }) };
}

const CHALLENGE = "www-authenticate";

function commonRefusal(refusals: readonly Refused[]): Refused {
  const unauthorized = refusals.filter(({ status }) => status === 401);
  const [first = refusals[0]] = unauthorized;
  if (first === undefined) return { accept: false, status: 403 };
  if (unauthorized.length < 2) return first;
  const challenges = unauthorized.flatMap(({ headers = {} }) =>
    Object.entries(headers).flatMap(([name, value]) =>
      name.toLowerCase() === CHALLENGE ? [value] : [],
    ),
  );
  const others = Object.entries(first.headers ?? {}).filter(
    ([name]) => name.toLowerCase() !== CHALLENGE,
  );
  const challenge = [...new Set(challenges)].join(", ");
  const headers = { ...Object.fromEntries(others), [CHALLENGE]: challenge };
  return { ...first, headers };
}

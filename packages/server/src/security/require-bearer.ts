import { OpAMPError } from "@opamp/protocol";
import { assertKnownMembers } from "@opamp/protocol/internal";
import type { ConnectRequest } from "../connect-request.ts";
import { type Authorization, readAuthorization } from "./authorization-header.ts";
import type { ConnectCheck } from "./connect-check.ts";
import { decide, quotedRealm, unauthorized, type Verdict } from "./credentials-check.ts";
import { digestOf, isSameDigest } from "./secrets.ts";

/** Either `tokens` or `verify` is needed. */
export interface BearerOptions {
  /** The tokens that are let in: a few, for each is compared. */
  readonly tokens?: readonly string[];
  /**
   * Whether a token is good, or whom it belongs to. When it throws, the agent gets a 500, and the log
   * the message without the token.
   */
  readonly verify?: (token: string, request: ConnectRequest) => Verdict | Promise<Verdict>;
  /**
   * A query parameter that may hold the token where there is no Authorization header, as
   * `access_token`: browsers cannot set headers (L-33). It is taken out of the request's `url`.
   * @default none
   */
  readonly queryParameter?: string;
  /** Named in the 401. @default "opamp" */
  readonly realm?: string;
}

const known: Readonly<Record<keyof BearerOptions, true>> = {
  tokens: true,
  verify: true,
  queryParameter: true,
  realm: true,
};

/**
 * Lets in whoever has a bearer token (RFC 6750); all others get a 401 that asks for one. Throws
 * `invalid-argument` for options that make no sense.
 */
export function requireBearer(options: BearerOptions): ConnectCheck {
  assertKnownMembers("requireBearer", options, known);
  const realm = quotedRealm(options.realm ?? "opamp");
  const challenge = `Bearer ${realm}`;
  const verify = verifier(options);
  return (request) => {
    const given = givenToken(request, options.queryParameter);
    switch (given.kind) {
      case "credentials":
        return decide({
          verify: () => verify(given.value, request),
          secrets: [given.value],
          challenge: `${challenge}, error="invalid_token"`,
        });
      case "malformed":
        return unauthorized(challenge, "the bearer token is malformed");
      case "none":
      case "other":
        return unauthorized(challenge, "a bearer token is needed");
      default:
        return given satisfies never;
    }
  };
}

/** What was taken out of requests: more than one check may look for it. */
const taken = new WeakMap<ConnectRequest, Map<string, readonly string[]>>();

function takeValues(request: ConnectRequest, parameter: string): readonly string[] {
  const earlier = taken.get(request)?.get(parameter);
  if (earlier !== undefined) return earlier;
  const values = request.takeQueryParameter(parameter);
  if (values.length === 0) return values;
  const all = taken.get(request) ?? new Map<string, readonly string[]>();
  taken.set(request, all.set(parameter, values));
  return values;
}

/** A parameter is taken out in any case: what is not looked at must not be logged either. */
function givenToken(request: ConnectRequest, parameter: string | undefined): Authorization {
  const values = parameter === undefined ? [] : takeValues(request, parameter);
  const header = readAuthorization(request.headers.authorization, "bearer");
  if (header.kind !== "none" || values.length === 0) return header;
  const [value = ""] = values;
  return readAuthorization(values.length === 1 ? `Bearer ${value}` : "Bearer", "bearer");
}

function verifier({ tokens, verify }: BearerOptions): NonNullable<BearerOptions["verify"]> {
  if (verify !== undefined && tokens === undefined) return verify;
  if (tokens === undefined || verify !== undefined) {
    throw new OpAMPError("invalid-argument", "requireBearer needs either tokens or verify");
  }
  assertTokens(tokens);
  const digests = tokens.map(digestOf);
  return (token) => {
    const given = digestOf(token);
    let found = false;
    // All are compared, so that the time does not tell which one it was.
    for (const digest of digests) if (isSameDigest(digest, given)) found = true;
    return found;
  };
}

function assertTokens(tokens: readonly string[]): void {
  const isUsable = (token: string): boolean =>
    readAuthorization(`Bearer ${token}`, "bearer").kind === "credentials";
  if (tokens.length > 0 && tokens.every(isUsable)) return;
  throw new OpAMPError(
    "invalid-argument",
    "requireBearer.tokens is empty, or holds what no header can carry",
  );
}

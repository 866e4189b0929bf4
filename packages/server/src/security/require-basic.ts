import { OpAMPError } from "@opamp/protocol";
import { assertKnownMembers } from "@opamp/protocol/internal";
import type { ConnectRequest } from "../connect-request.ts";
import {
  readAuthorization,
  readBasicCredentials,
  type UserAndPassword,
} from "./authorization-header.ts";
import type { ConnectCheck } from "./connect-check.ts";
import { decide, quotedRealm, unauthorized, type Verdict } from "./credentials-check.ts";
import { digestOf, isSameDigest } from "./secrets.ts";

/** Either `users` or `verify` is needed. */
export interface BasicOptions {
  /** Passwords by user. The user is the name of the identity. */
  readonly users?: Readonly<Record<string, string>>;
  /**
   * Whether user and password are good, or whom they belong to. When it throws, the agent gets a
   * 500, and the log the message without the password.
   */
  readonly verify?: (
    credentials: UserAndPassword,
    request: ConnectRequest,
  ) => Verdict | Promise<Verdict>;
  /** Named in the 401. @default "opamp" */
  readonly realm?: string;
}

const known: Readonly<Record<keyof BasicOptions, true>> = {
  users: true,
  verify: true,
  realm: true,
};

/**
 * Lets in whoever has a user name and its password (RFC 7617); all others get a 401 that asks for
 * them. Throws `invalid-argument` for options that make no sense.
 */
export function requireBasic(options: BasicOptions): ConnectCheck {
  assertKnownMembers("requireBasic", options, known);
  const challenge = `Basic ${quotedRealm(options.realm ?? "opamp")}, charset="UTF-8"`;
  const verify = verifier(options);
  return (request) => {
    const given = readAuthorization(request.headers.authorization, "basic");
    if (given.kind === "none" || given.kind === "other") {
      return unauthorized(challenge, "user and password are needed");
    }
    const credentials =
      given.kind === "credentials" ? readBasicCredentials(given.value) : undefined;
    if (given.kind === "malformed" || credentials === undefined) {
      return unauthorized(challenge, "the Authorization header is malformed");
    }
    const secrets = [credentials.password, given.value];
    return decide({ verify: () => verify(credentials, request), secrets, challenge });
  };
}

function verifier({ users, verify }: BasicOptions): NonNullable<BasicOptions["verify"]> {
  if (verify !== undefined && users === undefined) return verify;
  if (users === undefined || verify !== undefined) {
    throw new OpAMPError("invalid-argument", "requireBasic needs either users or verify");
  }
  const digests = new Map(
    Object.entries(users).map(([user, password]) => [assertUser(user), digestOf(password)]),
  );
  const ofNobody = digestOf(crypto.randomUUID());
  return ({ user, password }) => {
    // An unknown user takes as long as a known one.
    const isRight = isSameDigest(digests.get(user) ?? ofNobody, digestOf(password));
    return isRight && { name: user };
  };
}

function assertUser(user: string): string {
  if (!user.includes(":")) return user;
  throw new OpAMPError("invalid-argument", "requireBasic.users: a user name has no colon");
}

import { OpAMPError } from "@opamp/protocol";
import type { ConnectDecision } from "../connect-request.ts";
import { isPromise } from "../invoke-callback.ts";
import type { Identity } from "./identity.ts";
import { withoutSecrets } from "./secrets.ts";

/** Whether credentials are good, or whom they belong to. */
export type Verdict = boolean | Identity;

export interface Verification {
  readonly verify: () => Verdict | Promise<Verdict>;
  /** What must not be seen in an error. */
  readonly secrets: readonly string[];
  /** What is asked for when they are not good, as in WWW-Authenticate. */
  readonly challenge: string;
}

/** Lets in with good credentials. A failure to tell is thrown on, without the credentials. */
export async function decide(verification: Verification): Promise<ConnectDecision> {
  const verdict = await verdictOf(verification);
  if (verdict === true) return { accept: true };
  // Whatever else a user's function returns, such as undefined, is a no.
  if (typeof verdict === "object" && verdict !== null) return { accept: true, identity: verdict };
  return unauthorized(verification.challenge, "the credentials are not valid");
}

async function verdictOf({ verify, secrets }: Verification): Promise<Verdict> {
  try {
    const verdict = verify();
    return isPromise(verdict) ? await verdict : verdict;
  } catch (thrown) {
    throw withoutSecrets(thrown, secrets);
  }
}

/** Turns away with 401 (S-148). The text says what is wrong, and never what was given. */
export function unauthorized(challenge: string, body: string): ConnectDecision {
  return { accept: false, status: 401, headers: { "www-authenticate": challenge }, body };
}

/** Throws `invalid-argument` for a realm that no header can carry. */
export function quotedRealm(realm: string): string {
  if (/^[\x20\x21\x23-\x5b\x5d-\x7e]*$/.test(realm)) return `realm="${realm}"`;
  throw new OpAMPError("invalid-argument", "the realm has a character that no header can carry");
}

import type { CallbackContext } from "@opamp/client";
import { OpAMPError } from "@opamp/protocol";
import { isSignedByAny, parsePublicKey } from "./ed25519.ts";
import type { PackagesSettings, SignedPackage } from "./packages-settings.ts";

/** Says whether the signature of a content on disk is right. */
export type VerifyContent = (
  pkg: SignedPackage,
  context: CallbackContext,
) => boolean | Promise<boolean>;

/** Undefined when signatures are not looked at. Throws `invalid-argument` for what is no key. */
export function createVerifyContent(
  { trust, verifySignature }: Pick<PackagesSettings, "trust" | "verifySignature">,
  readFile: (path: string) => AsyncIterable<Uint8Array>,
): VerifyContent | undefined {
  if (trust === undefined) return verifySignature;
  if (verifySignature !== undefined) {
    const problem = "packages has both trust and verifySignature; expected one of them";
    throw new OpAMPError("invalid-argument", problem);
  }
  if (trust.length === 0) {
    throw new OpAMPError("invalid-argument", "packages.trust is empty; expected a public key");
  }
  const keys = trust.map(parsePublicKey);
  return ({ path, signature }) => isSignedByAny(keys, signature, readFile(path));
}

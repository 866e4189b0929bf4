import { createHash, createPublicKey } from "node:crypto";
import { describeThrown, OpAMPError } from "@opamp/protocol";

const SIGNATURE_BYTES = 64;

/** The 32 bytes of an Ed25519 public key in PEM. Throws `invalid-argument` for anything else. */
export function parsePublicKey(pem: string): Uint8Array {
  try {
    const { crv, x } = createPublicKey(pem).export({ format: "jwk" });
    if (crv === "Ed25519" && x !== undefined) return new Uint8Array(Buffer.from(x, "base64url"));
  } catch (cause) {
    const problem = `packages.trust holds no public key in PEM: ${describeThrown(cause)}`;
    throw new OpAMPError("invalid-argument", problem, { cause });
  }
  throw new OpAMPError("invalid-argument", "packages.trust holds a key that is not Ed25519");
}

/**
 * Whether one of the keys has signed a content with Ed25519 (RFC 8032). `node:crypto` wants all of a
 * content in memory; verifying needs only its place in one SHA-512, which is computed as it passes.
 */
export async function isSignedByAny(
  publicKeys: readonly Uint8Array[],
  signature: Uint8Array,
  content: AsyncIterable<Uint8Array>,
): Promise<boolean> {
  if (signature.length !== SIGNATURE_BYTES) return false;
  const candidates = publicKeys.map((publicKey) => ({
    publicKey,
    hash: createHash("sha512").update(signature.subarray(0, 32)).update(publicKey),
  }));
  for await (const chunk of content) for (const { hash } of candidates) hash.update(chunk);
  const verify = await loadVerify();
  return candidates.some(({ publicKey, hash }) => verify(publicKey, signature, hash.digest()));
}

type VerifyDigest = (publicKey: Uint8Array, signature: Uint8Array, digest: Uint8Array) => boolean;

/** All of the curve is the library's; it is given the hash instead of computing it. */
async function loadVerify(): Promise<VerifyDigest> {
  const [{ eddsa }, { ed25519 }] = await Promise.all([
    import("@noble/curves/abstract/edwards.js"),
    import("@noble/curves/ed25519.js"),
  ]);
  const nothing = new Uint8Array(0);
  return (publicKey, signature, digest) =>
    eddsa(ed25519.Point, () => new Uint8Array(digest), { zip215: false }).verify(
      new Uint8Array(signature),
      nothing,
      publicKey,
    );
}

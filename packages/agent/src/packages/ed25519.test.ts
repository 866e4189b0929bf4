import { createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from "node:crypto";
import { createSeededRandom } from "@opamp/test-kit";
import { describe, expect, it } from "vitest";
import { isSignedByAny, parsePublicKey } from "./ed25519.ts";

/** The order of the group: a signature whose second half is larger has another shape of itself. */
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

async function* inPieces(content: Uint8Array, pieceBytes = 1000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += pieceBytes) {
    yield content.subarray(at, at + pieceBytes);
  }
}

function bytesOf(key: KeyObject): Uint8Array {
  return parsePublicKey(key.export({ type: "spki", format: "pem" }).toString());
}

function keyOf(bytes: Uint8Array): KeyObject {
  const x = Buffer.from(bytes).toString("base64url");
  return createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
}

/** Test vectors of RFC 8032, section 7.1: public key, message, signature. */
const vectors = [
  [
    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    "",
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
  ],
  [
    "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    "72",
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
  ],
] as const;

describe("an Ed25519 signature over a content that streams", () => {
  it.each(vectors)("is found right for the vectors of RFC 8032 [C-181]", async (...vector) => {
    const [key = Buffer.alloc(0), message = Buffer.alloc(0), signature = Buffer.alloc(0)] =
      vector.map((hex) => Buffer.from(hex, "hex"));
    expect(await isSignedByAny([key], signature, inPieces(message))).toBe(true);
    expect(await isSignedByAny([key], signature, inPieces(Buffer.from("other")))).toBe(false);
  });

  it("is judged as node:crypto does, whole and with any bit of it or of the key flipped [C-181]", async () => {
    const random = createSeededRandom(3);
    const { privateKey, publicKey } = generateKeyPairSync("ed25519");
    const key = bytesOf(publicKey);
    const content = Buffer.from("a package".repeat(500));
    const signature = sign(null, content, privateKey);
    expect(await isSignedByAny([key], signature, inPieces(content))).toBe(true);
    for (let round = 0; round < 40; round += 1) {
      const both = Buffer.concat([key, signature]);
      const at = Math.floor(random() * both.length);
      both[at] = (both[at] ?? 0) ^ (1 << Math.floor(random() * 8));
      const [badKey, badSignature] = [both.subarray(0, 32), both.subarray(32)];
      const expected = verify(null, content, keyOf(badKey), badSignature);
      expect(await isSignedByAny([badKey], badSignature, inPieces(content))).toBe(expected);
      expect(expected).toBe(false);
    }
  });

  it("is wrong in its other shape, with other lengths, and by a key that fits anything [C-181 L-06]", async () => {
    const { privateKey, publicKey } = generateKeyPairSync("ed25519");
    const key = bytesOf(publicKey);
    const content = Buffer.from("a package");
    const signature = sign(null, content, privateKey);
    const scalar = BigInt(`0x${Buffer.from(signature.subarray(32)).reverse().toString("hex")}`);
    const shifted = (scalar + ORDER).toString(16).padStart(64, "0");
    const other = [signature.subarray(0, 32), Buffer.from(shifted, "hex").reverse()];
    const identity = Buffer.from([1, ...new Uint8Array(31)]);
    const forged = Buffer.concat([identity, Buffer.alloc(32)]);
    const judged = await Promise.all([
      isSignedByAny([key], Buffer.concat(other), inPieces(content)),
      isSignedByAny([key], signature.subarray(1), inPieces(content)),
      isSignedByAny([key], Buffer.alloc(0), inPieces(content)),
      isSignedByAny([identity], forged, inPieces(content)),
    ]);
    expect(judged).toEqual([false, false, false, false]);
  });

  it("may be of any of several keys, and keys of another kind are refused", async () => {
    const { privateKey, publicKey } = generateKeyPairSync("ed25519");
    const stranger = generateKeyPairSync("ed25519").publicKey;
    const content = Buffer.from("a package");
    const signature = sign(null, content, privateKey);
    const keys = [stranger, publicKey].map(bytesOf);
    expect(await isSignedByAny(keys, signature, inPieces(content))).toBe(true);
    const { publicKey: rsa } = generateKeyPairSync("rsa", { modulusLength: 1024 });
    expect(() => bytesOf(rsa)).toThrow("not Ed25519");
  });
});

import { createPublicKey, generateKeyPair, type KeyObject } from "node:crypto";
import { promisify } from "node:util";

export const keyTypes = ["P-256", "Ed25519"] as const;

/** What kind of key a certificate is for. */
export type KeyType = (typeof keyTypes)[number];

const generate = promisify(generateKeyPair);

/** Makes a private key, in PEM form. */
export async function createPrivateKeyPem(keyType: KeyType): Promise<string> {
  const { privateKey } =
    keyType === "P-256"
      ? await generate("ec", { namedCurve: "P-256" })
      : await generate("ed25519", {});
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

/** The public half of a key, in a form to compare. Throws for what is no key. */
export function publicKeyOf(key: string | KeyObject): string {
  const publicKey = typeof key === "object" && key.type === "public" ? key : createPublicKey(key);
  return publicKey.export({ type: "spki", format: "der" }).toString("base64");
}

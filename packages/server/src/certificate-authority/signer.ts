import { createPrivateKey, type KeyObject, sign, verify, type X509Certificate } from "node:crypto";
import { OpAMPError } from "@opamp/protocol";
import type { AlgorithmIdentifier } from "@peculiar/asn1-x509";
import { algorithmForKey, identifierOf } from "./signature-algorithms.ts";

/** What is to be signed, and how. */
export interface SigningRequest {
  readonly content: Uint8Array;
  /** Such as `ecdsa-with-SHA256`; it follows from the authority's certificate. */
  readonly algorithm: string;
}

/**
 * Signs where the key is: a key management service, or another machine (S-92). ECDSA signatures are
 * in ASN.1 form.
 */
export type SignFunction = (request: SigningRequest) => Uint8Array | Promise<Uint8Array>;

/** The signature of an authority. */
export interface Signer {
  readonly identifier: AlgorithmIdentifier;
  /** Rejects when the signature is not one of the authority's key. */
  sign(content: ArrayBuffer): Promise<ArrayBuffer>;
}

/**
 * Makes the signer of an authority's certificate. Throws `invalid-argument` for a key that does not
 * belong to it.
 */
export function createSigner(
  certificate: X509Certificate,
  key: string | KeyObject | SignFunction,
): Signer {
  const { publicKey } = certificate;
  if (typeof key === "function") return signerOf(publicKey, key);
  const privateKey = privateKeyFrom(key);
  if (certificate.checkPrivateKey(privateKey)) return signerOf(publicKey, privateKey);
  throw new OpAMPError("invalid-argument", "the authority's key is not that of its certificate");
}

/** Makes the signer of a key pair. */
export function signerOf(publicKey: KeyObject, key: KeyObject | SignFunction): Signer {
  const algorithm = algorithmForKey(publicKey);
  const { digest, name } = algorithm;
  return {
    identifier: identifierOf(algorithm),
    async sign(der) {
      const content = new Uint8Array(der);
      const signature =
        typeof key === "function"
          ? await key({ content, algorithm: name })
          : sign(digest, content, key);
      if (verify(digest, content, publicKey, signature)) return new Uint8Array(signature).buffer;
      throw new OpAMPError("invalid-argument", "what was signed does not fit the authority's key");
    },
  };
}

/** What is wrong with a key is not told in detail: it might be told with the key. */
function privateKeyFrom(key: string | KeyObject): KeyObject {
  if (typeof key === "object") return key;
  try {
    return createPrivateKey(key);
  } catch {
    throw new OpAMPError(
      "invalid-argument",
      "the authority's key is not a private key in PEM form",
    );
  }
}

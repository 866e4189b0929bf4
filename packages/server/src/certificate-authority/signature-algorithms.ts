import type { KeyObject } from "node:crypto";
import { OpAMPError } from "@opamp/protocol";
import { AlgorithmIdentifier } from "@peculiar/asn1-x509";

/** How a signature is made. */
export interface SignatureAlgorithm {
  readonly name: string;
  readonly oid: string;
  /** For `node:crypto`; null when the algorithm has its own. */
  readonly digest: string | null;
  /** As `asymmetricKeyType` says. */
  readonly keyType: "ec" | "ed25519" | "rsa";
}

const ecdsa = (bits: number, last: number): SignatureAlgorithm => ({
  name: `ecdsa-with-SHA${bits}`,
  oid: `1.2.840.10045.4.3.${last}`,
  digest: `sha${bits}`,
  keyType: "ec",
});

const rsa = (bits: number, last: number): SignatureAlgorithm => ({
  name: `sha${bits}WithRSAEncryption`,
  oid: `1.2.840.113549.1.1.${last}`,
  digest: `sha${bits}`,
  keyType: "rsa",
});

const ecdsa256 = ecdsa(256, 2);
const ecdsa384 = ecdsa(384, 3);
const ecdsa512 = ecdsa(512, 4);
const rsa256 = rsa(256, 11);

const ed25519: SignatureAlgorithm = {
  name: "Ed25519",
  oid: "1.3.101.112",
  digest: null,
  keyType: "ed25519",
};

const algorithms = [ecdsa256, ecdsa384, ecdsa512, rsa256, rsa(384, 12), rsa(512, 13), ed25519];

const byCurve: Readonly<Record<string, SignatureAlgorithm>> = {
  prime256v1: ecdsa256,
  secp384r1: ecdsa384,
  secp521r1: ecdsa512,
};

/** What goes by this identifier; undefined for what is not accepted, such as SHA-1. */
export function algorithmByOid(oid: string): SignatureAlgorithm | undefined {
  return algorithms.find((algorithm) => algorithm.oid === oid);
}

/** How an authority with this public key signs. Throws `invalid-argument` for a key that cannot. */
export function algorithmForKey(publicKey: KeyObject): SignatureAlgorithm {
  const { asymmetricKeyType, asymmetricKeyDetails } = publicKey;
  if (asymmetricKeyType === "ed25519") return ed25519;
  if (asymmetricKeyType === "rsa") return rsa256;
  const algorithm = byCurve[asymmetricKeyDetails?.namedCurve ?? ""];
  if (asymmetricKeyType === "ec" && algorithm !== undefined) return algorithm;
  throw new OpAMPError("invalid-argument", "the authority's key is neither ECDSA, Ed25519 nor RSA");
}

export function identifierOf({ oid, keyType }: SignatureAlgorithm): AlgorithmIdentifier {
  // RSA alone has parameters, which are null (RFC 4055).
  return new AlgorithmIdentifier({
    algorithm: oid,
    ...(keyType === "rsa" && { parameters: null }),
  });
}

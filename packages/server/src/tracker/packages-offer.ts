import { encodeServerToAgent, OpAMPError, type PackageAvailableInit } from "@opamp/protocol";
import { canonicalHash } from "./canonical-hash.ts";
import type { PackagesOffer } from "./desired.ts";

const SHA_256_BYTES = 32;

/** A package to offer; its hash is computed. */
export type OfferedPackage = Omit<PackageAvailableInit, "hash">;

/**
 * Makes the offer of a set of packages by name. The hash of each covers all its fields (S-111), the
 * hash of the set their names and hashes (S-107, S-112). Throws `invalid-argument` for a file without
 * an URL or without the SHA-256 of its content (S-113), and for a member that is no field.
 */
export function createPackagesOffer(
  packages: Readonly<Record<string, OfferedPackage>>,
): PackagesOffer {
  // Refuses what does not fit before it is hashed.
  encodeServerToAgent({ packagesAvailable: { packages } });
  const hashed = Object.entries(packages).map(([name, offered]) => {
    assertComplete(name, offered);
    return [name, { ...offered, hash: canonicalHash("package", offered) }] as const;
  });
  const hashes = Object.fromEntries(hashed.map(([name, { hash }]) => [name, hash]));
  return {
    packages: Object.fromEntries(hashed),
    allPackagesHash: canonicalHash("packages", hashes),
  };
}

function assertComplete(name: string, { file }: OfferedPackage): void {
  const problem = problemOf(file);
  if (problem === undefined) return;
  throw new OpAMPError("invalid-argument", `package ${JSON.stringify(name)} ${problem}`);
}

function problemOf(file: OfferedPackage["file"]): string | undefined {
  if (file === undefined) return "has no file";
  if (!URL.canParse(file.downloadUrl ?? "")) return "has a file without a URL";
  if (file.contentHash?.length === SHA_256_BYTES) return undefined;
  return "has a file whose contentHash is not the 32 bytes of a SHA-256";
}

import type { PackageContents } from "./package-contents.ts";
import type { PackageRecord, PackageVersion } from "./package-record.ts";
import type { PackageFile } from "./packages-settings.ts";

/** A version of a package, as the user sees it. */
export function packageFile(
  { name, type }: PackageRecord,
  { version, hash, contentHash, downloadUrl }: PackageVersion,
  contents: PackageContents,
): PackageFile {
  return {
    name,
    version,
    type,
    hash: new Uint8Array(Buffer.from(hash, "hex")),
    contentHash: new Uint8Array(Buffer.from(contentHash, "hex")),
    downloadUrl,
    path: contents.path(contentHash),
  };
}

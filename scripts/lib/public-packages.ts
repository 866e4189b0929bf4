import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { runOrThrow } from "./run-command.ts";
import { root } from "./source-imports.ts";

/** A package that is published. */
export interface PublicPackage {
  readonly name: string;
  /** Its folder, from the root. */
  readonly folder: string;
}

/** A published package as the file that npm would upload. */
export interface PackedPackage extends PublicPackage {
  readonly tarball: string;
  /** The paths in it. */
  readonly files: readonly string[];
}

/** Every package that is not private, by name. */
export function publicPackages(): PublicPackage[] {
  return globSync("packages/*/package.json", { cwd: root })
    .toSorted()
    .map((file) => ({
      folder: dirname(file),
      ...JSON.parse(readFileSync(join(root, file), "utf8")),
    }))
    .filter((manifest) => manifest.private !== true)
    .map(({ name, folder }) => ({ name, folder }));
}

/** Builds all packages and packs the public ones into a directory. */
export function packPublicPackages(directory: string): PackedPackage[] {
  runOrThrow(["npm", "run", "--silent", "build"], root);
  return publicPackages().map((one) => {
    const pack = ["npm", "pack", "--json", "--pack-destination", directory] as const;
    const [packed] = Object.values(JSON.parse(runOrThrow([...pack], join(root, one.folder)))) as {
      filename: string;
      files: { path: string }[];
    }[];
    if (packed === undefined) throw new Error(`npm packed nothing for ${one.name}`);
    const tarball = join(directory, packed.filename);
    return { ...one, tarball, files: packed.files.map(({ path }) => path) };
  });
}

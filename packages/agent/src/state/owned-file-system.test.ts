import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { temporaryDirectory } from "../../tests/_util/state-directory.ts";
import { nodeFileSystem } from "./file-system.ts";
import { ownedFileSystem } from "./owned-file-system.ts";

it("a disk that was given free takes no change any more, and can still be read", async () => {
  const directory = temporaryDirectory();
  const file = join(directory, "state.json");
  const { fs, release } = ownedFileSystem(nodeFileSystem);
  const bytes = new TextEncoder().encode("old");
  fs.write(file, bytes);
  const writer = await fs.openWriter(join(directory, "content"), 0);
  await writer.write(bytes);

  release();

  const free = expect.objectContaining({ code: "state-unusable" });
  expect(() => fs.write(file, Uint8Array.of(1))).toThrow(free);
  expect(() => fs.rename(file, `${file}.2`)).toThrow(free);
  expect(() => fs.link(file, `${file}.2`)).toThrow(free);
  expect(() => fs.remove(file)).toThrow(free);
  expect(() => fs.makeDirectory(join(directory, "a"))).toThrow(free);
  await expect(fs.openWriter(file, 0)).rejects.toThrow(free);
  await expect(writer.write(bytes)).rejects.toThrow(free);
  await writer.close();
  expect(fs.read(file)).toEqual(readFileSync(file));
  expect(readdirSync(directory).toSorted()).toEqual(["content", "state.json"]);
  expect(readFileSync(join(directory, "content"), "utf8")).toBe("old");
});

import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { USER_AGENT } from "./user-agent.ts";

it("names the version of the package", async () => {
  const manifest: unknown = JSON.parse(
    await readFile(new URL("../../package.json", import.meta.url), "utf8"),
  );
  expect(manifest).toMatchObject({ version: USER_AGENT.split("/")[1] });
});

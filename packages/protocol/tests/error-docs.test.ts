import { readFileSync } from "node:fs";
import { OpAMPError, opAMPErrorCodes } from "@opamp/protocol";
import { expect, it } from "vitest";

const page = readFileSync(new URL("../../../docs/errors.md", import.meta.url), "utf8");

it("lists every error code and whether it is retryable in docs/errors.md [L-26]", () => {
  const rows = [...page.matchAll(/^\| `([a-z-]+)` \| (yes|no) \|/gm)];
  const listed = rows.map(([, code, retryable]) => [code, retryable === "yes"]);
  expect(listed).toEqual(
    opAMPErrorCodes.map((code) => [code, new OpAMPError(code, "any").retryable]),
  );
});

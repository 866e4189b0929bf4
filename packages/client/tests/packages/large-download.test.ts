import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { startFileServer } from "../_util/file-server.ts";
import { sha256 } from "../_util/memory-packages.ts";

const MIB = 2 ** 20;

it("a large download that breaks again and again is read hardly twice, in little memory [L-02]", {
  timeout: 60_000,
}, async () => {
  await using files = await startFileServer();
  const content = randomBytes(50 * MIB);
  const url = files.put("/a", content);
  files.script = (asked) => files.serve(asked, { cutAfter: 3 * MIB });
  const program = join(import.meta.dirname, "../programs/large-download.ts");
  const hash = Buffer.from(sha256(content)).toString("hex");
  const { stdout } = await promisify(execFile)(process.execPath, [
    "--conditions=@opamp/source",
    program,
    url,
    hash,
  ]);
  const { result, bytes, extraBytes, sha256: received } = JSON.parse(stdout);
  process.stdout.write(
    `50 MiB over ${files.requests.length} requests: ${files.sentBytes / MIB} MiB sent, ${Math.round(extraBytes / MIB)} MiB of memory\n`,
  );
  expect({ result, bytes, received }).toEqual({
    result: "synced",
    bytes: content.length,
    received: hash,
  });
  expect(files.requests.length).toBeGreaterThan(15);
  expect(files.sentBytes).toBeLessThanOrEqual(content.length * 1.05);
  expect(extraBytes).toBeLessThan(30 * MIB);
});

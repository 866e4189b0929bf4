import { fork } from "node:child_process";
import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { serveFile, startFileServer } from "./_util/file-server.ts";
import { packageOf, startPackageServer } from "./_util/package-server.ts";
import { temporaryDirectory } from "./_util/state-directory.ts";

const MIB = 2 ** 20;
const PACKAGE_BYTES = Number(process.env.LARGE_PACKAGE_MIB ?? 64) * MIB;
const PROGRAM = join(import.meta.dirname, "_util/large-package-program.ts");

it("a large signed package over a link that breaks comes to the disk in little memory, hardly anything twice [C-181 L-02]", {
  timeout: 120_000,
}, async () => {
  await using server = await startPackageServer();
  await using files = await startFileServer();
  const content = randomBytes(PACKAGE_BYTES);
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const downloadUrl = files.put("/large", content);
  let sentBytes = 0;
  files.script = (request) => {
    sentBytes += serveFile(request, Math.ceil(PACKAGE_BYTES / 15));
  };
  const pem = publicKey.export({ type: "spki", format: "pem" }).toString();
  const child = fork(PROGRAM, [server.url, temporaryDirectory(), pem], {
    execArgv: ["--conditions=@opamp/source"],
  });
  const exited = once(child, "exit");
  const signature = sign(null, content, privateKey);
  server.want({ large: packageOf("1.0", content, { downloadUrl, signature }) });
  const [{ path, extraBytes }] = await once(child, "message");
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  child.disconnect();
  await exited;
  process.stdout.write(
    `${content.length / MIB} MiB over ${files.requests.length} requests: ${Math.round(sentBytes / MIB)} MiB sent, ${Math.round(extraBytes / MIB)} MiB of memory\n`,
  );
  expect(hash.digest()).toEqual(createHash("sha256").update(content).digest());
  expect(files.requests.length).toBeGreaterThan(14);
  expect(sentBytes).toBeLessThanOrEqual(content.length * 1.05);
  expect(extraBytes).toBeLessThan(30 * MIB);
});

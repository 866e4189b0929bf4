// The command of the conformance suite, as npx starts it: over our server, and over one that is not there.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createOpAMPServer } from "@opamp/server";

const command = "node_modules/.bin/opamp-conformance";

/** Resolves with the exit code and the output. */
function run(...args) {
  return new Promise((resolve) => {
    execFile(process.execPath, [command, ...args], (error, stdout, stderr) => {
      resolve({ code: error?.code ?? 0, output: `${stdout}${stderr}` });
    });
  });
}

const server = createOpAMPServer();
const { port } = await server.listen({ host: "127.0.0.1", port: 0 });
const url = `ws://127.0.0.1:${port}/v1/opamp`;

const good = await run("server", url, "--only", "S-01,S-24,W-09");
assert.equal(good.code, 0, good.output);
assert.match(good.output, /^pass {2}S-24 {3}MUST /m);

await server.close();
const gone = await run("server", url);
assert.equal(gone.code, 2, gone.output);
assert.match(gone.output, /ECONNREFUSED/);

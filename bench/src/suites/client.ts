import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { median, type Result } from "../result.ts";

const program = (name: string): string =>
  fileURLToPath(new URL(`../programs/${name}.ts`, import.meta.url));

/** Client: from the start of a process to its first report over HTTP, and what a bundle weighs. */
export async function measureClient(rounds: number): Promise<readonly Result[]> {
  const mine: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    mine.push(await startUpMs(program("client-ours")));
    theirs.push(await startUpMs(program("client-elastic")));
  }
  const common = { peer: "@elastic/opamp-client-node", lessIsBetter: true };
  return [
    {
      ...common,
      what: "process start to first report (HTTP)",
      unit: "ms",
      ours: median(mine),
      theirs: median(theirs),
    },
    {
      ...common,
      what: "client bundled for Node, minified",
      unit: "KB",
      ours: await bundleKilobytes("@opamp/client"),
      theirs: await bundleKilobytes("@elastic/opamp-client-node"),
    },
  ];
}

async function startUpMs(file: string): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const start = performance.now();
  const child = spawn(process.execPath, [file, `http://127.0.0.1:${port}/v1/opamp`], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const exited = once(child, "exit");
  await Promise.race([once(server, "request"), exited.then(endedEarly)]);
  const ms = performance.now() - start;
  child.kill("SIGKILL");
  await exited;
  server.closeAllConnections();
  server.close();
  return ms;
}

function endedEarly(): never {
  throw new Error("the client ended before its first report");
}

async function bundleKilobytes(name: string): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents: `export * from "${name}";`, resolveDir: import.meta.dirname },
    bundle: true,
    minify: true,
    platform: "node",
    format: "esm",
    write: false,
    logLevel: "error",
  });
  return (outputFiles[0]?.contents.length ?? 0) / 1024;
}

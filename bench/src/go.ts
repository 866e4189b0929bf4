import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter } from "node:path";
import { fileURLToPath } from "node:url";

const directory = fileURLToPath(new URL("../go", import.meta.url));
const PATH = [process.env.PATH, "/usr/local/go/bin"].join(delimiter);

/** Builds the Go peers and returns the path of each, or undefined where there is no Go. */
export function buildGoPeers(): { readonly server: string; readonly codec: string } | undefined {
  try {
    execFileSync("go", ["version"], { env: { ...process.env, PATH }, stdio: "ignore" });
  } catch {
    return undefined;
  }
  execFileSync("go", ["build", "-o", "bin/", "./..."], {
    cwd: directory,
    env: { ...process.env, PATH },
    stdio: "inherit",
  });
  const server = `${directory}/bin/server`;
  const codec = `${directory}/bin/codec`;
  return existsSync(server) ? { server, codec } : undefined;
}

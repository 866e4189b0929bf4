import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { PeerBuild } from "./peer-build.ts";

const directory = fileURLToPath(new URL("../../peers/python/", import.meta.url));
const environment = `${directory}bin/venv`;
/** Says what is installed. */
const stamp = `${environment}/requirements.txt`;
const requirements = `${directory}requirements.txt`;

const BUILD_MS = 180_000;

export const pythonBuild: PeerBuild = {
  language: "Python",
  missing() {
    try {
      execFileSync("python3", ["-c", "import ensurepip, sys; assert sys.version_info >= (3, 10)"], {
        stdio: "ignore",
      });
      return undefined;
    } catch {
      return [
        "Python 3.10 or newer with venv is needed for the Python peer.",
        "  apt-get install python3 python3-venv    dnf install python3    brew install python",
      ].join("\n");
    }
  },
  build() {
    const wanted = readFileSync(requirements, "utf8");
    if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
    const options = { cwd: directory, stdio: "inherit", timeout: BUILD_MS } as const;
    execFileSync("python3", ["-m", "venv", "--clear", environment], options);
    const install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"];
    execFileSync(`${environment}/bin/python`, [...install, "-r", requirements], options);
    writeFileSync(stamp, wanted);
  },
};

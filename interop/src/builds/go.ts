import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { PeerBuild } from "./peer-build.ts";

/** From PATH, or from where Go's own archive is unpacked. */
const candidates = ["go", "/usr/local/go/bin/go"];

const directory = fileURLToPath(new URL("../../peers/go", import.meta.url));

export const goBuild: PeerBuild = {
  language: "Go",
  missing() {
    if (findGo() !== undefined) return undefined;
    return [
      "Go 1.24 or newer is needed for the opamp-go peers; there is no `go` on PATH or in /usr/local/go/bin.",
      "Install it from https://go.dev/doc/install, or with a package manager:",
      "  apt-get install golang-go    dnf install golang    brew install go",
    ].join("\n");
  },
  build() {
    const go = findGo();
    if (go === undefined) throw new Error("there is no Go");
    // Without the state of the git checkout, which some checkouts cannot tell.
    const args = ["build", "-buildvcs=false", "-o", "bin/", "./cmd/..."];
    execFileSync(go, args, { cwd: directory, stdio: "inherit" });
  },
};

function findGo(): string | undefined {
  return candidates.find((candidate) => {
    try {
      execFileSync(candidate, ["version"], { stdio: "ignore" });
      return true;
    } catch (thrown) {
      if (thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT") return false;
      throw thrown;
    }
  });
}

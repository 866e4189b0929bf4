import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { PeerBuild } from "./peer-build.ts";

const directory = fileURLToPath(new URL("../../peers/java/", import.meta.url));
/** Says what was compiled. */
const stamp = join(directory, "bin/sources.txt");

const BUILD_MS = 240_000;

export const javaBuild: PeerBuild = {
  language: "Java",
  missing() {
    try {
      for (const tool of ["javac", "mvn"]) execFileSync(tool, ["--version"], { stdio: "ignore" });
      return undefined;
    } catch {
      return [
        "A JDK of Java 17 or newer and Maven are needed for the Java peer.",
        "  apt-get install openjdk-17-jdk-headless maven    brew install openjdk maven",
      ].join("\n");
    }
  },
  build() {
    const wanted = sources();
    if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
    const goals = ["compile", "dependency:copy-dependencies", "-DoutputDirectory=bin/lib"];
    execFileSync("mvn", ["--quiet", "--batch-mode", ...goals], {
      cwd: directory,
      stdio: "inherit",
      timeout: BUILD_MS,
    });
    writeFileSync(stamp, wanted);
  },
};

function sources(): string {
  const code = join(directory, "src/main/java/opampinterop");
  const files = readdirSync(code).toSorted();
  const paths = [join(directory, "pom.xml"), ...files.map((file) => join(code, file))];
  return paths.map((path) => readFileSync(path, "utf8")).join("\n");
}

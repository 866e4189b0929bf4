import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";

/** Imports an entry where certain libraries cannot be found. */
function load(entry: string, without: string): string {
  const hooks = `
    import { registerHooks } from "node:module";
    registerHooks({
      resolve(specifier, context, next) {
        if (specifier.startsWith(${JSON.stringify(without)})) throw new Error("loads " + specifier);
        return next(specifier, context);
      },
    });`;
  const { status, stderr } = spawnSync(
    process.execPath,
    [
      "--conditions=@opamp/source",
      "--import",
      `data:text/javascript,${encodeURIComponent(hooks)}`,
      "--input-type=module",
      "--eval",
      `await import(${JSON.stringify(entry)});`,
    ],
    { cwd: import.meta.dirname, encoding: "utf8" },
  );
  return status === 0 ? "loads" : (/loads @\S+/.exec(stderr)?.[0] ?? stderr);
}

describe("the entries of the package", () => {
  it("load the libraries for certificates where they are made, and nowhere else", {
    timeout: 60_000,
  }, () => {
    expect(load("@opamp/server", "@peculiar/")).toBe("loads");
    expect(load("@opamp/server/certificate-authority", "@peculiar/")).toMatch(/^loads @peculiar/);
  });
});

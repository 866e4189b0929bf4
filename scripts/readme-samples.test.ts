import { spawnSync } from "node:child_process";
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "..");
const cache = join(root, "node_modules", ".cache");
mkdirSync(cache, { recursive: true });
const directory = mkdtempSync(join(cache, "samples-"));
afterAll(() => rmSync(directory, { recursive: true }));

/** The `ts` blocks of every document, as files of their own, so that errors name the document. */
function extractSamples(): string[] {
  const documents = globSync(["*.md", "docs/*.md", "packages/*/README.md"], { cwd: root });
  return documents.flatMap((document) => {
    const text = readFileSync(join(root, document), "utf8");
    const blocks = [...text.matchAll(/^```ts\n(.*?)^```/gms)];
    return blocks.map(([, code = ""], i) => {
      const name = `${document.replaceAll(/[/.]/g, "-")}-${i + 1}.ts`;
      writeFileSync(join(directory, name), `${code}\nexport {};\n`);
      return name;
    });
  });
}

const compilerOptions = {
  noEmit: true,
  composite: false,
  declaration: false,
  emitDeclarationOnly: false,
  declarationMap: false,
  isolatedDeclarations: false,
  types: ["node"],
  typeRoots: [join(root, "node_modules", "@types")],
  customConditions: ["@opamp/source"],
};

describe("the samples of the documents", () => {
  it("compile", { timeout: 60_000 }, () => {
    const files = extractSamples();
    const config = { extends: join(root, "tsconfig.base.json"), compilerOptions, files };
    writeFileSync(join(directory, "tsconfig.json"), JSON.stringify(config));
    const tsc = join(root, "node_modules", ".bin", "tsc");
    const options = { encoding: "utf8" } as const;
    const { stdout, stderr } = spawnSync(tsc, ["-p", directory, "--pretty", "false"], options);
    expect(stdout + stderr).toBe("");
    expect(files.length).toBeGreaterThan(0);
  });
});

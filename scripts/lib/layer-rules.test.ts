import { describe, expect, it } from "vitest";
import { problemOfImport, problemsOfIndex } from "./layer-rules.ts";
import { importsOfText } from "./source-imports.ts";

function problemOf(file: string, specifier: string): string | undefined {
  return problemOfImport({ file, line: 1, specifier });
}

describe("the layers", () => {
  it.each([
    ["packages/client/src/client.ts", "@opamp/protocol"],
    ["packages/client/src/client.ts", "@opamp/protocol/internal"],
    ["packages/client/src/client.ts", "./transport/transport.ts"],
    ["packages/client/src/route-factory.ts", "./transport/websocket-transport.ts"],
    ["packages/client/src/transport/http-transport.ts", "node:http"],
    ["packages/client/src/client.test.ts", "@opamp/test-kit"],
    ["packages/client/tests/client.test.ts", "../src/index.ts"],
    ["packages/conformance/tests/client.test.ts", "@opamp/client"],
    ["packages/protocol/src/codec.ts", "@bufbuild/protobuf/wire"],
    ["packages/protocol/src/codec.test.ts", "node:fs"],
    ["interop/run.ts", "@opamp/test-kit"],
    ["packages/client/tests/client.test.ts", "@opamp/server"],
  ])("let %s import %s", (file, specifier) => {
    expect(problemOf(file, specifier)).toBeUndefined();
  });

  it.each([
    ["packages/protocol/src/codec.ts", "@opamp/client"],
    ["packages/protocol/src/codec.ts", "node:fs"],
    ["packages/protocol/src/codec.ts", "ws"],
    ["packages/client/src/client.ts", "@opamp/server"],
    ["examples/agent/src/main.ts", "@opamp/protocol/internal"],
    ["packages/client/src/client.ts", "@opamp/protocol/src/codec.ts"],
    ["packages/client/src/client.ts", "../../protocol/src/codec.ts"],
    ["packages/client/src/client.ts", "./transport/websocket-transport.ts"],
    ["packages/client/src/client.ts", "@opamp/test-kit"],
    ["packages/server/tests/server.test.ts", "@opamp/client"],
    ["packages/server/src/server.ts", "@opamp/client"],
    ["packages/conformance/src/cases/a.ts", "@opamp/client"],
    ["packages/new/src/index.ts", "@opamp/protocol"],
    ["bench/src/main.ts", "../../packages/client/src/index.ts"],
  ])("do not let %s import %s", (file, specifier) => {
    expect(problemOf(file, specifier)).toBeTypeOf("string");
  });
});

describe("the imports of a file", () => {
  it("are found in every form that TypeScript has", () => {
    const text = [
      'import { a } from "a";',
      "import type {\n  B,\n} from 'b';",
      'import "c";',
      'export { d } from "d";',
      'const e = await import("e");',
      'type F = import("f").F;',
    ].join("\n");
    const found = importsOfText("x.ts", text);
    expect(found.map(({ specifier }) => specifier)).toEqual(["a", "b", "c", "d", "e", "f"]);
    expect(found.map(({ line }) => line)).toEqual([1, 2, 5, 6, 7, 8]);
  });
});

describe("an index.ts", () => {
  it("may hold named re-exports", () => {
    const text = 'export { a } from "./a.ts";\nexport type {\n  B,\n} from "./b.ts";\n';
    expect(problemsOfIndex("packages/client/src/index.ts", text)).toEqual([]);
  });

  it.each(['export * from "./a.ts";', "export const a = 1;", 'export { a } from "@opamp/client";'])(
    "may not hold %s",
    (text) => {
      expect(problemsOfIndex("packages/client/src/index.ts", text)).toHaveLength(1);
    },
  );

  it("may not be long", () => {
    const text = 'export { a } from "./a.ts";\n'.repeat(121);
    expect(problemsOfIndex("packages/client/src/index.ts", text)).toEqual([
      "has 121 lines; 120 at most",
    ]);
  });
});

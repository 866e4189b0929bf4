import { describe, expect, it } from "vitest";
import { tagOf, tagsOfTests } from "./title-tags.ts";

describe("tagOf", () => {
  it("reads the ids in the brackets that end a title", () => {
    expect(tagOf("echoes the uid [S-24 L-27]")).toEqual(["S-24", "L-27"]);
  });

  it("finds none in brackets elsewhere or of another form", () => {
    expect(tagOf("[S-24] is echoed")).toEqual([]);
    expect(tagOf("echoes the uid [S-24, L-27]")).toEqual([]);
    expect(tagOf("echoes the uid [sic]")).toEqual([]);
  });
});

describe("tagsOfTests", () => {
  it("reads titles of it and test, with modifiers and tables", () => {
    const source = `
      it("a [S-01]", () => {});
      test.concurrent('b [S-02]', async () => {});
      it.each([["x", (1)]])("c %s [S-03]", (x: string) => {});
      it.for([1])("d [S-04]", () => {});
    `;
    expect(tagsOfTests(source)).toEqual(["S-01", "S-02", "S-03", "S-04"]);
  });

  it("reads titles in template strings", () => {
    const source = `for (const name of names) it(\`works over \${name} [W-19]\`, () => {});`;
    expect(tagsOfTests(source)).toEqual(["W-19"]);
  });

  it("leaves out titles of describe, of tests that do not run, and other strings", () => {
    const source = `
      describe("a [S-01]", () => { it("b", () => {}); });
      it.skip("c [S-02]", () => {});
      test.todo("d [S-03]");
      // it("e [S-04]")
      const text = 'it("f [S-05]")';
    `;
    expect(tagsOfTests(source)).toEqual([]);
  });
});

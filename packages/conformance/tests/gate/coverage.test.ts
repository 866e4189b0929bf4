import { describe, expect, it } from "vitest";
import { ambiguities, clientCases, lessons, requirements, serverCases } from "../../src/index.ts";
import { findCitations } from "./citations.ts";
import { problemsWith, readStillToCome, shrink } from "./coverage.ts";

const citations = findCitations();
const list = readStillToCome();

describe("the manifest", () => {
  it("holds 506 requirements, 30 ambiguities and 33 lessons", () => {
    expect([requirements.length, ambiguities.length, lessons.length]).toEqual([506, 30, 33]);
  });

  it("has no id twice", () => {
    const ids = [...requirements, ...ambiguities, ...lessons].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe("the gate", () => {
  it("finds every requirement cited by a case or test, or listed as still to come", () => {
    const cited = new Set(citations.map(({ id }) => id));
    const known = requirements.filter(({ id }) => cited.has(id)).length;
    const learned = lessons.filter(({ id }) => cited.has(id)).length;
    process.stdout.write(
      `requirements: ${known} of ${requirements.length} cited, ${list.ids.length} still to come; lessons: ${learned} of ${lessons.length} cited\n`,
    );
    expect(problemsWith(list, citations)).toEqual([]);
  });

  it("finds no two cases of the same id", () => {
    const ids = [...serverCases, ...clientCases].map(({ id }) => id);
    expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([]);
  });
});

describe("problemsWith", () => {
  const all = requirements.map(({ id }) => ({ id, where: "a test" }));
  const rest = all.filter(({ id }) => id !== "S-01");

  it("reports an id that is neither cited nor listed", () => {
    expect(problemsWith({ maximum: 0, ids: [] }, rest)).toEqual([
      expect.stringContaining("S-01 is no longer cited"),
    ]);
  });

  it("reports an id that is both cited and listed", () => {
    expect(problemsWith({ maximum: 1, ids: ["S-01"] }, all)).toEqual([
      expect.stringContaining("S-01: cited by a case or test, but still listed"),
    ]);
  });

  it("reports an unknown id, cited or listed", () => {
    expect(problemsWith({ maximum: 0, ids: [] }, [...all, { id: "S-999", where: "x" }])).toEqual([
      "x cites S-999, which does not exist; correct the tag",
    ]);
    expect(problemsWith({ maximum: 1, ids: ["S-999"] }, all)).toHaveLength(1);
  });

  it("reports a list that is longer or shorter than its maximum, or out of order", () => {
    expect(problemsWith({ maximum: 0, ids: ["S-01"] }, rest)).toHaveLength(1);
    expect(problemsWith({ maximum: 2, ids: ["S-01"] }, rest)).toHaveLength(1);
    const some = rest.filter(({ id }) => id !== "S-02");
    const unsorted = { maximum: 2, ids: ["S-02", "S-01"] };
    expect(problemsWith(unsorted, some)).toEqual([expect.stringContaining("not sorted")]);
  });
});

describe("shrink", () => {
  it("takes off what is cited, adds nothing and lowers the maximum", () => {
    const before = { maximum: 2, ids: ["C-01", "S-01"] };
    expect(shrink(before, [{ id: "C-01", where: "a test" }])).toEqual({
      maximum: 1,
      ids: ["S-01"],
    });
  });
});

import { describe, expect, it } from "vitest";
import { ambiguities, clientCases, lessons, requirements, serverCases } from "../../src/index.ts";
import { findCitations } from "./citations.ts";
import { problemsWith, readNotCovered, withoutCovered } from "./coverage.ts";

const citations = findCitations();
const list = readNotCovered();

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
  it("finds every requirement cited by a case or test, or listed with the reason", () => {
    const cited = new Set(citations.map(({ id }) => id));
    const known = requirements.filter(({ id }) => cited.has(id)).length;
    const learned = lessons.filter(({ id }) => cited.has(id)).length;
    process.stdout.write(
      `requirements: ${known} of ${requirements.length} cited, ${Object.keys(list).length} not covered; lessons: ${learned} of ${lessons.length} cited\n`,
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
    expect(problemsWith({}, rest)).toEqual([expect.stringContaining("S-01 is no longer cited")]);
  });

  it("reports an id that is both cited and listed", () => {
    expect(problemsWith({ "S-01": "hard" }, all)).toEqual([
      expect.stringContaining("S-01: cited by a case or test, but still listed"),
    ]);
  });

  it("reports an unknown id, cited or listed", () => {
    expect(problemsWith({}, [...all, { id: "S-999", where: "x" }])).toEqual([
      "x cites S-999, which does not exist; correct the tag",
    ]);
    expect(problemsWith({ "S-999": "hard" }, all)).toHaveLength(1);
  });

  it("reports a list that is out of order, or without a reason", () => {
    expect(problemsWith({ "S-01": "" }, rest)).toEqual(["S-01 is listed without a reason"]);
    const some = rest.filter(({ id }) => id !== "S-02");
    expect(problemsWith({ "S-02": "hard", "S-01": "hard" }, some)).toEqual([
      expect.stringContaining("not sorted"),
    ]);
  });
});

describe("withoutCovered", () => {
  it("takes off what is cited, sorts and adds nothing", () => {
    const before = { "S-02": "b", "C-01": "a", "S-01": "c" };
    const after = withoutCovered(before, [{ id: "C-01", where: "a test" }]);
    expect(Object.entries(after)).toEqual([
      ["S-01", "c"],
      ["S-02", "b"],
    ]);
  });
});

import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, it } from "vitest";
import { StatusBoard } from "./status-board.ts";

it("reports the first change of a turn at once, and all others together [C-193]", async () => {
  const reports: string[] = [];
  const kept: string[] = [];
  const board = new StatusBoard({
    onReport: ({ packages }) => void reports.push(Object.keys(packages).join()),
    onChange: ({ packages }) => void kept.push(Object.keys(packages).join()),
  });
  for (const name of ["a", "b", "c"]) {
    board.failed(name, "there is no file");
    board.publish();
  }
  expect(reports).toEqual(["a"]);
  await nextTurn();
  expect(reports).toEqual(["a", "a,b,c"]);
  board.failed("d", "there is no file");
  board.publish();
  board.failed("e", "there is no file");
  board.publish();
  board.flush();
  expect(reports.slice(2)).toEqual(["a,b,c,d", "a,b,c,d,e"]);
  await nextTurn();
  expect(reports).toHaveLength(4);
  expect(kept).toEqual(reports);
});

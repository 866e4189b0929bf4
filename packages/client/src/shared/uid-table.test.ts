import { bytesFromInstanceUid, createInstanceUid } from "@opamp/protocol";
import { describe, expect, it } from "vitest";
import { UidTable } from "./uid-table.ts";

const [a, b, c] = [createInstanceUid(), createInstanceUid(), createInstanceUid()];
const refusal = expect.objectContaining({ code: "invalid-argument" });

describe("a table of uids", () => {
  it("finds who has a uid, and who had it before the last change [C-38 W-23]", () => {
    const table = new UidTable<string>();
    table.claim(a, "agent");
    table.claim(b, "agent");
    expect([a, b].map((uid) => table.find(bytesFromInstanceUid(uid)))).toEqual(["agent", "agent"]);
    table.claim(c, "agent");
    expect([a, b, c].map((uid) => table.find(bytesFromInstanceUid(uid)))).toEqual([
      undefined,
      "agent",
      "agent",
    ]);
  });

  it("gives a uid to one at a time; a former one is free [W-71]", () => {
    const table = new UidTable<string>();
    table.claim(a, "first");
    expect(() => table.claim(a, "second")).toThrow(refusal);
    table.claim(b, "first");
    table.claim(a, "second");
    expect(table.find(bytesFromInstanceUid(a))).toBe("second");
    table.release("first");
    expect(table.find(bytesFromInstanceUid(a))).toBe("second");
    expect(table.find(bytesFromInstanceUid(b))).toBeUndefined();
  });

  it("takes a holder back to the uid before", () => {
    const table = new UidTable<string>();
    for (const uid of [a, b, a]) table.claim(uid, "agent");
    expect([a, b].map((uid) => table.find(bytesFromInstanceUid(uid)))).toEqual(["agent", "agent"]);
    table.release("agent");
    expect([a, b].map((uid) => table.find(bytesFromInstanceUid(uid)))).toEqual([
      undefined,
      undefined,
    ]);
  });
});

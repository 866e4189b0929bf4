import { OpAMPError } from "@opamp/protocol";
import { describe, expect, it } from "vitest";
import { Draft } from "./draft.ts";

function draftWith(outcomes: { readonly hasParts: boolean }) {
  const calls: string[] = [];
  const oneShot = {
    field: {},
    take: () => calls.push("taken"),
    giveBack: () => calls.push("given back"),
    resolve: () => calls.push("resolved"),
    reject: () => calls.push("rejected"),
  };
  const draft = new Draft(new Uint8Array(), [oneShot], {
    onProcessed: () => calls.push("processed"),
    onRefused: () => calls.push("refused"),
    onUndelivered: () => calls.push("due again"),
    onTooLarge: () => {
      calls.push("largest part given up");
      return outcomes.hasParts;
    },
  });
  return { draft, calls };
}

describe("a message that failed", () => {
  const tooLarge = new OpAMPError("message-too-large", "413", { status: 413 });

  it("gives up its largest part after 413, and keeps its number and what waits [C-21 C-41]", () => {
    const { draft, calls } = draftWith({ hasParts: true });
    draft.failed(tooLarge);
    expect(calls).toEqual(["largest part given up", "given back"]);
  });

  it("rejects what alone was too large after 413 [C-21 L-08]", () => {
    const { draft, calls } = draftWith({ hasParts: false });
    draft.failed(tooLarge);
    expect(calls).toEqual(["largest part given up", "rejected"]);
  });

  it("is due again, its number used up, after an answer that is too large [C-23 C-41 L-08]", () => {
    const { draft, calls } = draftWith({ hasParts: true });
    draft.failed(new OpAMPError("message-too-large", "the answer is too large"));
    expect(calls).toEqual(["processed", "due again", "given back"]);
  });

  it("rejects what waits for it when the server turns it down [C-217 C-218 L-08]", () => {
    const { draft, calls } = draftWith({ hasParts: true });
    draft.failed(new OpAMPError("bad-request", "no"));
    expect(calls).toEqual(["processed", "refused", "rejected"]);
  });

  it("waits again when it was read by a server that had no room for it [C-222 L-08]", () => {
    const { draft, calls } = draftWith({ hasParts: true });
    draft.written();
    draft.answeredWith(new OpAMPError("throttled", "busy"));
    draft.received();
    expect(calls).toEqual(["processed", "given back"]);
  });

  it("waits again when it was written and the session ended before it was received [L-08]", () => {
    const { draft, calls } = draftWith({ hasParts: true });
    draft.written();
    expect(draft.wantsReceipt).toBe(true);
    draft.lost();
    expect(calls).toEqual(["processed", "given back"]);
  });
});

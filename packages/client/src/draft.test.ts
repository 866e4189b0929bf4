import { OpAMPError } from "@opamp/protocol";
import { describe, expect, it, vi } from "vitest";
import { Draft } from "./draft.ts";

function failedWith(error: OpAMPError) {
  const outcomes = { onProcessed: vi.fn(), onRefused: vi.fn(), onUndelivered: vi.fn() };
  new Draft(new Uint8Array(), [], outcomes).failed(error);
  return {
    processed: outcomes.onProcessed.mock.calls.length === 1,
    refused: outcomes.onRefused.mock.calls.length === 1,
    dueAgain: outcomes.onUndelivered.mock.calls.length === 1,
  };
}

describe("a message that failed", () => {
  it("is refused and keeps its number after 413 [C-21 C-41]", () => {
    const error = new OpAMPError("message-too-large", "413", { status: 413 });
    expect(failedWith(error)).toEqual({ processed: false, refused: true, dueAgain: false });
  });

  it("is due again, its number used up, after an answer that is too large [C-23 C-41 L-08]", () => {
    const error = new OpAMPError("message-too-large", "the answer is too large");
    expect(failedWith(error)).toEqual({ processed: true, refused: false, dueAgain: true });
  });
});

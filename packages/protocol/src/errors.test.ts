import { inspect } from "node:util";
import { describeThrown, OpAMPError, opAMPErrorCodes } from "@opamp/protocol";
import { describe, expect, it } from "vitest";

const retryable = [
  "queue-full",
  "connect-failed",
  "connection-lost",
  "proxy-failed",
  "tls-failed",
  "unauthorized",
  "unexpected-response",
  "redirect-refused",
  "throttled",
  "timeout",
  "state-unusable",
];
const final = [
  "invalid-argument",
  "invalid-state",
  "capability-not-declared",
  "peer-lacks-capability",
  "message-too-large",
  "malformed-message",
  "bad-request",
  "server-error",
  "callback-failed",
  "content-mismatch",
  "aborted",
  "stopped",
];

describe("OpAMPError", () => {
  it("has exactly these codes [L-26]", () => {
    expect([...opAMPErrorCodes].sort()).toEqual([...retryable, ...final].sort());
  });

  it.each(opAMPErrorCodes)("knows whether %s can succeed later [L-26]", (code) => {
    const error = new OpAMPError(code, "it failed");
    expect(error).toBeInstanceOf(Error);
    expect(error.code).toBe(code);
    expect(error.retryable).toBe(retryable.includes(code));
  });

  it("reads as its code and its message, where it is printed and where it is thrown", () => {
    const error = new OpAMPError("timeout", "no answer in 5000 ms");
    expect(String(error)).toBe("OpAMPError [timeout]: no answer in 5000 ms");
    expect(inspect(error).split("\n")[0]).toBe("OpAMPError [timeout]: no answer in 5000 ms");
  });

  it("keeps the cause, the HTTP status and the wait that a peer asked for", () => {
    const cause = new Error("inner");
    const error = new OpAMPError("throttled", "later", {
      cause,
      status: 503,
      retryAfterMs: 30_000,
    });
    expect(error).toMatchObject({ cause, status: 503, retryAfterMs: 30_000 });
    expect(new OpAMPError("throttled", "later")).not.toHaveProperty("cause");
  });
});

describe("OpAMPError.from", () => {
  it("leaves an OpAMPError as it is", () => {
    const error = new OpAMPError("aborted", "stopped by the caller");
    expect(OpAMPError.from(error, "timeout", "other")).toBe(error);
  });

  it("wraps anything else, and says what it was", () => {
    const cause = new TypeError("x is not a function");
    const error = OpAMPError.from(cause, "callback-failed", "onMessage failed");
    expect(error).toMatchObject({ code: "callback-failed", cause });
    expect(error.message).toBe("onMessage failed: x is not a function");
  });
});

describe("describeThrown", () => {
  it.each<[string, unknown, string]>([
    ["an error", new Error("broken"), "broken"],
    ["an error without a message", new RangeError(), "RangeError"],
    [
      "an error of several lines",
      new Error("write EPROTO:\n  wrong version\n"),
      "write EPROTO: wrong version",
    ],
    ["several errors in one", new AggregateError([new Error("a"), "b"]), "a; b"],
    ["several errors with a message", new AggregateError([new Error("a")], "all"), "all"],
    ["a text", "no", "no"],
    ["nothing", undefined, "undefined"],
    ["null", null, "null"],
    ["a symbol", Symbol("s"), "Symbol(s)"],
    ["an object without a prototype", Object.create(null), "[object Object]"],
  ])("describes %s", (_, thrown, text) => {
    expect(describeThrown(thrown)).toBe(text);
  });
});

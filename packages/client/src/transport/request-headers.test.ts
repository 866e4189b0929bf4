import { describe, expect, it } from "vitest";
import { assertHeaders, connectRequestHeaders, resolveHeaders } from "./request-headers.ts";

const { signal } = new AbortController();

describe("resolveHeaders", () => {
  it("adds a User-Agent that the user may replace", async () => {
    expect(await resolveHeaders({}, signal)).toEqual({
      "user-agent": expect.stringMatching(/^opamp-ts\/\d+\.\d+\.\d+/),
    });
    expect(await resolveHeaders({ "User-Agent": "mine" }, signal)).toEqual({
      "user-agent": "mine",
    });
  });

  it("keeps every value of a header, whatever its case", async () => {
    const headers = await resolveHeaders({ "X-A": ["1", "2"], "x-a": "3" }, signal);
    expect(headers["x-a"]).toEqual(["1", "2", "3"]);
  });

  it("asks a function each time [L-20]", async () => {
    let calls = 0;
    const source = async () => ({ "x-call": String(++calls) });
    expect(await resolveHeaders(source, signal)).toMatchObject({ "x-call": "1" });
    expect(await resolveHeaders(source, signal)).toMatchObject({ "x-call": "2" });
  });

  it.each([
    [
      "throws",
      () => {
        throw new Error("no token");
      },
    ],
    ["rejects", () => Promise.reject(new Error("no token"))],
    ["gives a header with a line break", () => ({ a: "secret\r\nb: c" })],
    ["gives a header that cannot be set", () => ({ "content-length": "1" })],
    ["gives nothing", () => undefined as never],
  ])("rejects with callback-failed when the function %s [L-07]", async (_how, source) => {
    await expect(resolveHeaders(source, signal)).rejects.toMatchObject({
      code: "callback-failed",
      message: expect.not.stringContaining("secret"),
    });
  });

  it("does not wait for a function that never returns once the signal fires [L-07]", async () => {
    const controller = new AbortController();
    const headers = resolveHeaders(() => new Promise(() => {}), controller.signal);
    controller.abort(new Error("enough"));
    await expect(headers).rejects.toThrow("enough");
  });
});

describe("assertHeaders", () => {
  it.each([
    "Content-Length",
    "connection",
    "Transfer-Encoding",
    "Sec-WebSocket-Key",
    "OpAMP-Instance-UID",
    "Content-Type",
    "proxy-authorization",
    "bad name",
    "",
  ])("refuses the header %j", (name) => {
    expect(() => assertHeaders({ [name]: "1" })).toThrow(
      expect.objectContaining({ code: "invalid-argument" }),
    );
  });

  it("refuses a value with a line break, without repeating it", () => {
    expect(() => assertHeaders({ authorization: "secret\r\nx: 1" })).toThrow(
      expect.objectContaining({
        code: "invalid-argument",
        message: expect.not.stringContaining("secret"),
      }),
    );
  });
});

it("lets the headers of CONNECT hold credentials for the proxy", () => {
  expect(connectRequestHeaders({ "Proxy-Authorization": "Bearer x" })).toEqual({
    "proxy-authorization": "Bearer x",
  });
});

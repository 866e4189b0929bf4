import { describe, expect, it } from "vitest";
import { describeUrl, resolveServerUrl } from "./server-url.ts";

describe("resolveServerUrl", () => {
  it.each([
    ["ws://host", "ws://host:4320/v1/opamp"],
    ["wss://host", "wss://host:4320/v1/opamp"],
    ["http://host/", "http://host:4320/v1/opamp"],
    ["https://host?tenant=1", "https://host:4320/v1/opamp?tenant=1"],
    [" WSS://Host/own/path#part ", "wss://host:4320/own/path"],
    ["ws://[::1]", "ws://[::1]:4320/v1/opamp"],
  ])("fills in the default port and path of %s [C-03 W-01 W-02]", (text, resolved) => {
    expect(resolveServerUrl(text).href).toBe(resolved);
  });

  it.each([
    ["wss://host:443", "wss://host/v1/opamp"],
    ["ws://host:80/", "ws://host/v1/opamp"],
    ["https://[::1]:443/x", "https://[::1]/x"],
    ["http://host:8080", "http://host:8080/v1/opamp"],
  ])("keeps the explicit port of %s", (text, resolved) => {
    expect(resolveServerUrl(text).href).toBe(resolved);
  });

  it("takes URL objects and leaves them alone", () => {
    const url = new URL("ws://host:9999/#part");
    expect(resolveServerUrl(url).href).toBe("ws://host:9999/v1/opamp");
    expect(url.hash).toBe("#part");
  });

  it.each(["", ":not a url", "ftp://host", "mailto:a@b", "host:4320"])(
    "refuses %j with invalid-argument",
    (text) => {
      expect(() => resolveServerUrl(text)).toThrow(
        expect.objectContaining({ code: "invalid-argument" }),
      );
    },
  );

  it("refuses credentials without repeating them, and says what to do", () => {
    expect(() => resolveServerUrl("wss://user:secret@host")).toThrow(
      expect.objectContaining({
        code: "invalid-argument",
        message: expect.stringMatching(/^(?!.*(secret|user:)).*headers/),
      }),
    );
    expect(() => resolveServerUrl("wss://user:secret@host:port")).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining("secret") }),
    );
  });
});

it("describes a URL without its query", () => {
  expect(describeUrl(new URL("wss://host:1/path?token=secret"))).toBe("wss://host:1/path");
});

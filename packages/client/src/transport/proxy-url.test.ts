import { describe, expect, it } from "vitest";
import { parseProxy } from "./proxy-url.ts";

describe("parseProxy", () => {
  it.each([
    ["http://proxy.example", "http:", "proxy.example", 80],
    ["https://proxy.example", "https:", "proxy.example", 443],
    ["socks5://proxy.example", "socks5:", "proxy.example", 1080],
    ["socks5h://[::1]:9050", "socks5h:", "::1", 9050],
    ["proxy.example:3128", "http:", "proxy.example", 3128],
    ["localhost:3128", "http:", "localhost", 3128],
  ])("reads %s", (url, scheme, host, port) => {
    expect(parseProxy({ url })).toMatchObject({ scheme, host, port, user: "", password: "" });
  });

  it("decodes user and password", () => {
    expect(parseProxy({ url: "http://us%40er:p%3Ass@proxy:1" })).toMatchObject({
      user: "us@er",
      password: "p:ss",
    });
  });

  it.each([
    "",
    "http://",
    "ftp://proxy",
    "socks4://proxy",
    "proxy.example:port",
    "http://%zz@proxy",
  ])("refuses %j with invalid-argument [L-05]", (url) => {
    expect(() => parseProxy({ url })).toThrow(
      expect.objectContaining({ code: "invalid-argument" }),
    );
  });

  it("refuses a URL in the place of the options, and says what is missing [L-05]", () => {
    const options = "http://proxy:3128" as never;
    expect(() => parseProxy(options)).toThrow(
      expect.objectContaining({ message: expect.stringContaining("proxy.url is missing") }),
    );
  });

  it("never repeats the password of a URL that it refuses", () => {
    for (const url of ["ftp://user:secret@proxy", "http://user:secret@:x"]) {
      expect(() => parseProxy({ url })).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining("secret") }),
      );
    }
  });
});

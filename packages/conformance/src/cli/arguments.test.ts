import { describe, expect, it } from "vitest";
import { orderFrom } from "./arguments.ts";
import { UsageError } from "./usage-error.ts";

describe("orderFrom", () => {
  it("reads what is asked of a server", () => {
    const args = ["--header", "X-A: b: c", "--only", "S-24,S-25", "--only", "W-03", "--insecure"];
    expect(orderFrom(["server", "wss://host:1/path", ...args])).toMatchObject({
      kind: "server",
      url: new URL("wss://host:1/path"),
      access: { headers: { "x-a": "b: c" }, tls: { rejectUnauthorized: false } },
      only: ["S-24", "S-25", "W-03"],
      transport: undefined,
      format: "table",
      frames: "failed",
      strict: false,
      deadlineMs: 8000,
    });
  });

  it("leaves to the command of a client what comes after the two dashes", () => {
    const args = ["--takes", "headers", "--transport", "ws", "--", "run", "--strict", "{url}"];
    expect(orderFrom(["client", ...args])).toMatchObject({
      kind: "client",
      command: ["run", "--strict", "{url}"],
      takes: ["headers"],
      transport: "websocket",
      port: 0,
      strict: false,
    });
  });

  it.each([[[]], [["--help"]], [["server", "--help"]], [["client", "--help"]]])(
    "takes %j for a call for help",
    (args) => {
      expect(orderFrom(args)).toEqual({ kind: "help" });
    },
  );

  it("takes --version for a question", () => {
    expect(orderFrom(["--version"])).toEqual({ kind: "version" });
  });

  it.each([
    [["peer"], '"peer" is not a command; there are server and client'],
    [["server"], "server needs the URL of a server"],
    [["server", "ws://a", "ws://b"], "server takes one URL, not 2"],
    [["server", "ftp://host"], '"ftp://host" is no URL that begins with ws, wss, http or https'],
    [["server", "host:4320"], '"host:4320" is no URL that begins with ws, wss, http or https'],
    [["server", "ws://h", "--format", "yaml"], '--format takes table or json or junit, not "yaml"'],
    [["server", "ws://h", "--deadline-ms", "1s"], "--deadline-ms takes a whole number from 1 on"],
    [["server", "ws://h", "--concurrency", "0"], "--concurrency takes a whole number from 1 on"],
    [["server", "ws://h", "--header", "x"], '--header takes "name: value", not "x"'],
    [["server", "ws://h", "--ca", "/no/such"], "--ca: cannot read /no/such"],
    [["server", "ws://h", "--port", "1"], "Unknown option '--port'"],
    [["client"], "client needs a command that starts a client, after --"],
    [["client", "--takes", "tea", "--", "x"], "--takes takes capabilities or"],
    [["client", "--cert", "x", "--", "x"], "--cert and --key go together"],
  ])("refuses %j and says why", (args, message) => {
    expect(() => orderFrom(args)).toThrow(UsageError);
    expect(() => orderFrom(args)).toThrow(message);
  });
});

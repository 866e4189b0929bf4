import { describe, expect, it } from "vitest";
import {
  createRecording,
  describeFailure,
  NotSupportedError,
  type RunningServer,
  runServerCase,
  runServerCases,
  type ServerCase,
  type ServerSubject,
  startRawServer,
} from "../src/index.ts";

/** A server that answers every message, and counts how often it was stopped. */
function createSubject(): ServerSubject & { readonly stops: () => number } {
  let stops = 0;
  return {
    name: "a raw server",
    stops: () => stops,
    async start(settings) {
      if (settings.path !== undefined) throw new NotSupportedError("the path is fixed");
      const server = await startRawServer();
      return {
        ...unused,
        url: (transport) => server.url(transport),
        async [Symbol.asyncDispose]() {
          stops += 1;
          await server[Symbol.asyncDispose]();
        },
      };
    },
  };
}

const unused: Omit<RunningServer, "url" | typeof Symbol.asyncDispose> = {
  delivered: createRecording(),
  events: createRecording(),
  onNextMessages: () => {},
  push: async () => {},
  disconnect: async () => {},
  close: async () => {},
};

function caseOf(run: ServerCase["run"]): ServerCase {
  const info = { id: "a-case", title: "does something", requirements: ["S-34"] } as const;
  return { ...info, side: "server", transports: ["websocket", "http"], run };
}

describe("runServerCase", () => {
  it("passes a case that runs to its end", async () => {
    const one = caseOf(async (context) => {
      await (await (await context.start()).connect()).exchange();
    });
    const result = await runServerCase(one, createSubject(), { transport: "http" });
    expect(result).toMatchObject({ outcome: "passed", case: one, transport: "http" });
  });

  it("reports a failure with what was sent and received", async () => {
    const one = caseOf(async (context) => {
      await (await (await context.start()).connect()).exchange();
      throw new Error("not as required");
    });
    const result = await runServerCase(one, createSubject(), { transport: "websocket" });
    if (result.outcome !== "failed") throw new Error(`the outcome is ${result.outcome}`);
    expect(result.trace.map(({ direction, what }) => `${direction} ${what}`)).toEqual([
      "sent frame",
      "received frame",
    ]);
    expect(describeFailure(result.error, result.trace)).toMatch(
      /^not as required\n.* ms -> frame \(\d+ bytes\) 000a10/,
    );
  });

  it("skips a case that the subject cannot be prepared for", async () => {
    const one = caseOf(async (context) => {
      await context.start({ path: "/elsewhere" });
    });
    const result = await runServerCase(one, createSubject(), { transport: "http" });
    expect(result).toMatchObject({ outcome: "skipped", reason: "the path is fixed" });
  });

  it("fails a case that is not over in time", async () => {
    const one = caseOf(() => new Promise(() => {}));
    const options = { transport: "http", deadlineMs: 1 } as const;
    const result = await runServerCase(one, createSubject(), options);
    if (result.outcome !== "failed") throw new Error(`the outcome is ${result.outcome}`);
    expect(describeFailure(result.error, result.trace)).toBe("the case was not over after 1 ms");
  });

  it("stops the subject, whatever the outcome", async () => {
    const subject = createSubject();
    const fails = caseOf(async (context) => {
      await context.start();
      throw new Error("no");
    });
    await runServerCase(fails, subject, { transport: "http" });
    expect(subject.stops()).toBe(1);
  });
});

describe("runServerCases", () => {
  it("leaves out cases for other transports, and goes on after a failure", async () => {
    const fails = caseOf(async () => {
      throw new Error("no");
    });
    const passes = caseOf(async () => {});
    const elsewhere: ServerCase = { ...passes, transports: ["websocket"] };
    const cases = [fails, elsewhere, passes];
    const results = await runServerCases(cases, createSubject(), { transport: "http" });
    expect(results.map(({ outcome }) => outcome)).toEqual(["failed", "passed"]);
  });
});

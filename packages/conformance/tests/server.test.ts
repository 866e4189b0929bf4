import { describe, expect, it } from "vitest";
import { DEFAULT_DEADLINE_MS, runServerCase, serverCases, transportNames } from "../src/index.ts";
import { explain } from "./explain.ts";
import { subjectServer } from "./subject-server.ts";

describe.each(transportNames)("@opamp/server over %s", (transport) => {
  for (const one of serverCases) {
    if (!one.transports.includes(transport)) continue;
    const timeout = (one.deadlineMs ?? DEFAULT_DEADLINE_MS) + 2000;
    it(`${one.title} [${one.requirements.join(" ")}]`, { timeout }, async () => {
      expect(explain(await runServerCase(one, subjectServer, { transport }))).toBe("passed");
    });
  }
});

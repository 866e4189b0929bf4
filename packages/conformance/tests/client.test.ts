import { describe, expect, it } from "vitest";
import { clientCases, DEFAULT_DEADLINE_MS, runClientCase, transportNames } from "../src/index.ts";
import { explain } from "./explain.ts";
import { subjectClient } from "./subject-client.ts";

describe.each(transportNames)("@opamp/client over %s", (transport) => {
  for (const one of clientCases) {
    if (!one.transports.includes(transport)) continue;
    const timeout = (one.deadlineMs ?? DEFAULT_DEADLINE_MS) + 2000;
    it.concurrent(`${one.title} [${one.requirements.join(" ")}]`, { timeout }, async () => {
      expect(explain(await runClientCase(one, subjectClient, { transport }))).toBe("passed");
    });
  }
});

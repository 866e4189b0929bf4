import { expect, it } from "vitest";
import { assertHealth } from "./health.ts";

it.each([true, false, null, "ok", [], [{ healthy: true }]])("is not health: %j", (health) => {
  expect(() => assertHealth("health", health)).toThrow(
    expect.objectContaining({
      code: "invalid-argument",
      message: expect.stringMatching(/^health is /),
    }),
  );
});

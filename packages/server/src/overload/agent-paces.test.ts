import { createInstanceUid } from "@opamp/protocol";
import { describe, expect, it } from "vitest";
import { AgentPaces } from "./agent-paces.ts";

const rate = { intervalMs: 1000, toleranceMs: 2000 };

describe("the paces of agents without a connection", () => {
  it("are each agent's own", () => {
    const paces = new AgentPaces(rate);
    const [one, other] = [createInstanceUid(), createInstanceUid()];
    const allowed = (uid: string) =>
      Array.from({ length: 5 }, () => paces.keepsPace(uid as never, 1_000_000)).filter(Boolean);
    expect(allowed(one)).toHaveLength(3);
    expect(allowed(other)).toHaveLength(3);
  });

  it("are kept from one period to the next", () => {
    const paces = new AgentPaces(rate);
    const uid = createInstanceUid();
    const allowed = Array.from({ length: 100 }, (_, i) =>
      paces.keepsPace(uid, 1_000_000 + i * 100),
    );
    expect(allowed.filter(Boolean)).toHaveLength(12);
  });

  it("are forgotten when they no longer matter", () => {
    const paces = new AgentPaces(rate);
    for (let i = 0; i < 100; i += 1) paces.keepsPace(createInstanceUid(), 1_000_000);
    paces.keepsPace(createInstanceUid(), 1_003_000);
    paces.keepsPace(createInstanceUid(), 1_006_000);
    expect(paces.size).toBe(2);
  });

  it("are no more than may be", () => {
    const paces = new AgentPaces(rate, 10);
    for (let i = 0; i < 100; i += 1) paces.keepsPace(createInstanceUid(), 1_000_000);
    expect(paces.size).toBeLessThanOrEqual(10);
  });
});

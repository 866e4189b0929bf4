import {
  agentToServerFlagsFromBits,
  bitsFromAgentToServerFlags,
  bitsFromServerToAgentFlags,
  serverToAgentFlagsFromBits,
} from "@opamp/protocol";
import { describe, expect, it } from "vitest";

describe("flags by name", () => {
  it("turns every bit into its name and back", () => {
    expect(agentToServerFlagsFromBits(1n)).toEqual(["RequestInstanceUid"]);
    expect(bitsFromAgentToServerFlags(["RequestInstanceUid"])).toBe(1n);
    expect(serverToAgentFlagsFromBits(3n)).toEqual([
      "ReportFullState",
      "ReportAvailableComponents",
    ]);
    expect(bitsFromServerToAgentFlags(["ReportFullState", "ReportAvailableComponents"])).toBe(3n);
  });

  it("keeps the bits of a newer peer [W-79]", () => {
    const bits = (1n << 40n) | 1n;
    expect(serverToAgentFlagsFromBits(bits)).toEqual(["ReportFullState", "bit40"]);
    expect(bitsFromServerToAgentFlags(["ReportFullState", "bit40"])).toBe(bits);
    expect(bitsFromAgentToServerFlags(agentToServerFlagsFromBits(bits))).toBe(bits);
  });
});

import {
  AgentCapabilities,
  type AgentCapability,
  agentCapabilitiesFromBits,
  agentHasCapability,
  bitsFromAgentCapabilities,
  bitsFromServerCapabilities,
  decodeAgentToServer,
  encodeAgentToServer,
  ServerCapabilities,
  type ServerCapability,
  serverCapabilitiesFromBits,
  serverHasCapability,
} from "@opamp/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const agentNames = Object.keys(AgentCapabilities) as AgentCapability[];
const serverNames = Object.keys(ServerCapabilities) as ServerCapability[];
const invalid = expect.objectContaining({ code: "invalid-argument" });

describe("capabilities by name", () => {
  it("turns every agent bit into its name and back [W-27]", () => {
    expect(agentCapabilitiesFromBits(0xffffn)).toEqual(agentNames);
    expect(bitsFromAgentCapabilities(agentNames)).toBe(0xffffn);
  });

  it("turns every server bit into its name and back [W-27]", () => {
    expect(serverCapabilitiesFromBits(0x7fn)).toEqual(serverNames);
    expect(bitsFromServerCapabilities(serverNames)).toBe(0x7fn);
  });

  it("keeps bits without a name by their number, bit 40 and bit 63 among them [W-79]", () => {
    const bits = (1n << 63n) | (1n << 40n) | AgentCapabilities.ReportsHealth;
    const names = agentCapabilitiesFromBits(bits);
    expect(names).toEqual(["ReportsHealth", "bit40", "bit63"]);
    expect(bitsFromAgentCapabilities(names)).toBe(bits);
    expect(serverCapabilitiesFromBits(bits)).toEqual(["bit11", "bit40", "bit63"]);
    expect(bitsFromServerCapabilities(["bit11", "bit40", "bit63"])).toBe(bits);
  });

  it("keeps any 64 bits over names and the wire [W-79 W-85]", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (capabilities) => {
        const decoded = decodeAgentToServer(encodeAgentToServer({ capabilities }));
        expect(bitsFromAgentCapabilities(agentCapabilitiesFromBits(decoded.capabilities))).toBe(
          capabilities,
        );
      }),
    );
  });

  it("has no names for no bits, and no bits for no names", () => {
    expect(agentCapabilitiesFromBits(0n)).toEqual([]);
    expect(bitsFromAgentCapabilities([])).toBe(0n);
  });

  it("counts a name given twice once", () => {
    expect(bitsFromServerCapabilities(["AcceptsStatus", "AcceptsStatus"])).toBe(1n);
  });

  it("refuses one name in the place of a list", () => {
    expect(() => bitsFromAgentCapabilities("ReportsHealth" as never)).toThrow(invalid);
  });

  it.each(["reportsHealth", "", "toString", "__proto__", "bit64", "bit", "bit-1", "bit1e1"])(
    "refuses %j and says what is known",
    (name) => {
      const names = [name as AgentCapability];
      expect(() => bitsFromAgentCapabilities(names)).toThrow(invalid);
      expect(() => bitsFromAgentCapabilities(names)).toThrow("ReportsConnectionSettingsStatus");
    },
  );
});

describe("a single capability", () => {
  it("is found among others, and only when it is there", () => {
    const bits = bitsFromAgentCapabilities(["ReportsStatus", "ReportsHealth", "bit40"]);
    expect(agentNames.filter((name) => agentHasCapability(bits, name))).toEqual([
      "ReportsStatus",
      "ReportsHealth",
    ]);
    expect(serverNames.filter((name) => serverHasCapability(0x42n, name))).toEqual([
      "OffersRemoteConfig",
      "AcceptsConnectionSettingsRequest",
    ]);
  });
});

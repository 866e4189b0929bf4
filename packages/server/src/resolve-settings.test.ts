import { OpAMPError } from "@opamp/protocol";
import { describe, expect, it } from "vitest";
import { createOpAMPServer } from "./create-server.ts";
import { resolveSettings } from "./resolve-settings.ts";

describe("resolveSettings", () => {
  it("limits every size to 64 MiB by default [W-16 W-17 W-21]", () => {
    expect(resolveSettings({}).limits).toMatchObject({
      maxReceiveBytes: 64 * 1024 * 1024,
      maxSendBytes: 64 * 1024 * 1024,
      maxQueuedBytes: 64 * 1024 * 1024,
    });
    const moved = resolveSettings({ limits: { maxReceiveBytes: 10 } }).limits;
    expect(moved).toMatchObject({ maxReceiveBytes: 10, maxSendBytes: 64 * 1024 * 1024 });
  });

  it("serves /v1/opamp unless told otherwise [W-01 W-02]", () => {
    expect(resolveSettings({}).path).toBe("/v1/opamp");
    expect(resolveSettings({ path: "/agents" }).path).toBe("/agents");
  });

  it("always adds AcceptsStatus, and masks bits without a meaning [S-44 S-45 S-152]", () => {
    expect(resolveSettings({}).capabilities).toBe(1n);
    const { capabilities } = resolveSettings({ capabilities: ["OffersPackages", "bit40"] });
    expect(capabilities).toBe(0x9n);
  });

  it.each([
    { limits: { maxReceiveBytes: 0 } },
    { limits: { maxQueuedMessages: 1.5 } },
    { limits: { maxBytes: 1 } as never },
    { timeouts: { writeMs: -1 } },
    { timeouts: { write: 1000 } as never },
    { timeouts: { closeMs: Number.POSITIVE_INFINITY } },
    { customCapabilities: ["snapshots"] },
    { customCapabilities: "com.example.snapshots" as never },
    { logger: { debug() {}, info() {}, warn() {} } as never },
    { port: 4320 } as never,
    { callbacks: { onMesage() {} } as never },
    { path: "v1/opamp" },
    { path: "/v1/opamp?token=x" },
    { capabilities: ["AcceptsNothing" as never] },
  ])("refuses %j with a message that names the setting", (settings) => {
    expect(() => createOpAMPServer(settings)).toThrow(OpAMPError);
    expect(() => createOpAMPServer(settings)).toThrow(/settings\.|AcceptsNothing|logger\.error/);
  });
});

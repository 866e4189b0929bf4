import { OpAMPError } from "@opamp/protocol";
import { describe, expect, it } from "vitest";
import { createOpAMPClient, type StartSettings } from "../src/index.ts";
import { description } from "./_util/scripted-client.ts";

const good: StartSettings = { serverUrl: "ws://localhost", agentDescription: description };

/** A setting that does not fit, and what the error has to name. */
const wrong: readonly (readonly [name: string, settings: object])[] = [
  ["agentDescription", { agentDescription: undefined }],
  ["agentDescription", { agentDescription: { identifyingAttributes: {} } }],
  ["serverUrl", { serverUrl: "" }],
  ["serverUrl", { serverUrl: ":not a url" }],
  ["serverUrl", { serverUrl: "ftp://example.com" }],
  ["instanceUid", { instanceUid: "agent-1" }],
  ["instanceUid", { instanceUid: "00000000-0000-0000-0000-000000000000" }],
  ["instanceUid", { instanceUid: 7 }],
  ["AcceptsAll", { capabilities: ["AcceptsAll"] }],
  ["bit20", { capabilities: ["bit20"] }],
  ["array of names", { capabilities: "ReportsHealth" }],
  ["logger.info", { logger: { debug() {} } }],
  ["Nonsense", { flags: ["Nonsense"] }],
  ["health", { health: { startTimeUnixNano: "now" } }],
  ["health", { health: true }],
  ["healty is not a field of ComponentHealth; known are healthy", { health: { healty: true } }],
  ["remoteConfigStatus", { remoteConfigStatus: { status: "APPLIED" } }],
  ["connectionSettingsStatus", { connectionSettingsStatus: { status: 1.5 } }],
  ["availableComponents", { availableComponents: { hash: "abc" } }],
  ["customCapabilities", { customCapabilities: "com.example.a" }],
  ["custom capability", { customCapabilities: ["a b"] }],
  ["heartbeatIntervalMs", { heartbeatIntervalMs: -1 }],
  ["heartbeatIntervalMs", { heartbeatIntervalMs: Number.NaN }],
  ["heartbeatIntervalMs", { heartbeatIntervalMs: "30s" }],
  ["heartbeatIntervalMs", { serverUrl: "http://localhost", heartbeatIntervalMs: 0 }],
  ["limits.maxSendBytes", { limits: { maxSendBytes: 0 } }],
  ["limits.maxReceiveBytes", { limits: { maxReceiveBytes: Number.POSITIVE_INFINITY } }],
  ["limits.maxReceiveBytes", { limits: { maxReceiveBytes: 2 ** 32 } }],
  ["limits.maxReceiveBytes", { limits: { maxReceiveBytes: 1.5 } }],
  ["limits.maxQueuedMessages", { limits: { maxQueuedMessages: -5 } }],
  ["limits.maxQueuedBytes", { limits: { maxQueuedBytes: "1" } }],
  ["limits.maxFoo", { limits: { maxFoo: 1 } }],
  ["limits.constructor", { limits: { constructor: 1 } }],
  ["timeouts.connectMs", { timeouts: { connectMs: -1 } }],
  ["timeouts.responseMs", { timeouts: { responseMs: 2 ** 31 } }],
  ["timeouts.stopMs", { timeouts: { stopMs: Number.NaN } }],
  ["timeouts.connect", { timeouts: { connect: 1 } }],
  ["settings.header", { header: { authorization: "x" } }],
  ["callbacks.onMesage", { callbacks: { onMesage() {} } }],
];

describe("createOpAMPClient", () => {
  it.each(wrong)("names %s when it does not fit: %o", (name, settings) => {
    const create = (): unknown => createOpAMPClient({ ...good, ...settings } as StartSettings);
    expect(create).toThrow(OpAMPError);
    expect(create).toThrow(
      expect.objectContaining({ code: "invalid-argument", message: expect.stringContaining(name) }),
    );
  });

  it("lists the limits there are when one is unknown", () => {
    const limits = { maxMessageBytes: 1 } as object;
    expect(() => createOpAMPClient({ ...good, limits })).toThrow(
      "known are maxSendBytes, maxReceiveBytes, maxQueuedMessages, maxQueuedBytes, maxRedirects",
    );
  });

  it("takes members that are undefined as not given", async () => {
    const client = createOpAMPClient({
      ...good,
      limits: { maxSendBytes: undefined },
      timeouts: { stopMs: undefined },
      heartbeatIntervalMs: undefined,
      health: undefined,
    } as unknown as StartSettings);
    expect(client.status).toMatchObject({ state: "idle", serverFlags: [] });
    await client.stop();
  });

  it("refuses to start twice, and after it was stopped", async () => {
    const client = createOpAMPClient({ ...good, serverUrl: "ws://127.0.0.1:1" });
    await client.start();
    await expect(client.start()).rejects.toMatchObject({ code: "invalid-state" });
    await client.stop();
    await expect(client.start()).rejects.toMatchObject({ code: "invalid-state" });
  });
});

import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type AgentSettings, createAgent } from "../src/index.ts";
import { temporaryDirectory } from "./_util/state-directory.ts";

/** What a program in JavaScript may give. */
type Wrong = { readonly [K in keyof AgentSettings]?: unknown } & Readonly<Record<string, unknown>>;

describe("settings that do not fit", () => {
  it.each<[Wrong, string]>([
    [{ remoteConfg: {} }, "settings.remoteConfg is not an option; known are serverUrl, "],
    [{ callbacks: { onConnected() {} } }, "settings.callbacks.onConnected is not an option"],
    [{ remoteConfig: { aply() {} } }, "settings.remoteConfig.aply is not an option"],
    [{ packages: { trsut: [] } }, "settings.packages.trsut is not an option"],
    [{ connectionSettings: { cert: {} } }, "settings.connectionSettings.cert is not an option"],
    [{ remoteConfig: {} }, "settings.remoteConfig.apply is missing"],
    [{ description: undefined }, "settings.description is missing"],
    [{ serverUrl: undefined }, "settings.serverUrl is missing"],
    [{ health: true }, "settings.health is true; expected such as { healthy: true }"],
    [{ health: null }, "settings.health is null"],
    [{ health: { healty: true } }, "healty is not a field of ComponentHealth; known are healthy"],
    [{ stateDirectory: "" }, "settings.stateDirectory is missing"],
  ])("are refused by name, and leave nothing behind: %j", async (wrong, message) => {
    const stateDirectory = temporaryDirectory();
    const settings = {
      serverUrl: "ws://localhost:9",
      stateDirectory,
      description: { serviceName: "edge" },
      ...wrong,
    };
    const made = createAgent(settings as AgentSettings);
    await expect(made).rejects.toMatchObject({
      code: "invalid-argument",
      message: expect.stringContaining(message),
    });
    expect(readdirSync(stateDirectory)).toEqual([]);
  });
});

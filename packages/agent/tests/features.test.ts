import {
  agentCapabilitiesFromBits,
  attributesFromKeyValues,
  CommandType,
  ServerToAgentFlags,
} from "@opamp/protocol";
import { describe, expect, it } from "vitest";
import { type AgentSettings, createAgent } from "../src/index.ts";
import { startScriptedAgent } from "./_util/scripted-agent.ts";
import { temporaryDirectory } from "./_util/state-directory.ts";

const always = ["ReportsStatus", "ReportsHeartbeat"];

/** A directory in which an agent has applied a config. */
async function directoryWithConfig(): Promise<string> {
  await using scripted = await startScriptedAgent({ remoteConfig: { apply() {} } });
  await scripted.offer("text", "one");
  return scripted.stateDirectory;
}

describe("an agent", () => {
  it.each<[string, Partial<AgentSettings>, readonly string[]]>([
    ["nothing", {}, []],
    [
      "remoteConfig",
      { remoteConfig: { apply() {} } },
      ["AcceptsRemoteConfig", "ReportsRemoteConfig"],
    ],
    ["effectiveConfig", { effectiveConfig: () => ({}) }, ["ReportsEffectiveConfig"]],
    ["packages", { packages: {} }, ["AcceptsPackages", "ReportsPackageStatuses"]],
    ["health", { health: { healthy: true } }, ["ReportsHealth"]],
    [
      "availableComponents",
      { availableComponents: { reader: {} } },
      ["ReportsAvailableComponents"],
    ],
    [
      "connectionSettings",
      { connectionSettings: {} },
      ["AcceptsOpAMPConnectionSettings", "ReportsConnectionSettingsStatus"],
    ],
    [
      "connectionSettings for other connections",
      { connectionSettings: { otherConnections: { apply() {} } } },
      [
        "AcceptsOpAMPConnectionSettings",
        "AcceptsOtherConnectionSettings",
        "ReportsConnectionSettingsStatus",
      ],
    ],
    ["commands", { commands: { restart() {} } }, ["AcceptsRestartCommand"]],
  ])(
    "declares what follows from %s, and no more [C-67 C-68 C-69 C-250]",
    async (_what, settings, names) => {
      await using scripted = await startScriptedAgent(settings);
      const bits = scripted.messages[0]?.capabilities ?? 0n;
      expect([...agentCapabilitiesFromBits(bits)].sort()).toEqual([...always, ...names].sort());
    },
  );

  it("describes itself in short by the guidelines, with its uid and its host [C-86 C-87 C-88 C-255 C-256]", async () => {
    await using scripted = await startScriptedAgent({
      description: {
        serviceName: "edge",
        serviceNamespace: "shop",
        serviceVersion: "1.4.2",
        attributes: { "cloud.region": "eu-1", "host.name": "mine" },
      },
    });
    const description = scripted.messages[0]?.agentDescription;
    expect({ ...attributesFromKeyValues(description?.identifyingAttributes ?? []) }).toEqual({
      "service.name": "edge",
      "service.namespace": "shop",
      "service.version": "1.4.2",
      "service.instance.id": scripted.agent.instanceUid,
    });
    expect(attributesFromKeyValues(description?.nonIdentifyingAttributes ?? [])).toMatchObject({
      "os.type": expect.any(String),
      "os.version": expect.any(String),
      "host.arch": expect.any(String),
      "host.name": "mine",
      "cloud.region": "eu-1",
    });
  });

  it("describes itself anew when its uid changes", async () => {
    await using scripted = await startScriptedAgent();
    const newInstanceUid = Uint8Array.from({ length: 16 }, () => 0x77);
    await scripted.tell({ agentIdentification: { newInstanceUid } });
    const last = scripted.messages.findLast((message) => message.agentDescription);
    const { "service.instance.id": id } = attributesFromKeyValues(
      last?.agentDescription?.identifyingAttributes ?? [],
    );
    expect(id).toBe(scripted.agent.instanceUid);
    expect(id).toBe("77777777-7777-7777-7777-777777777777");
  });

  it("reports the effective config as it is merged, with type and role [C-96 C-97 W-87]", async () => {
    const remote = { interval: "10s" };
    const local = { output: "stdout" };
    await using scripted = await startScriptedAgent({
      remoteConfig: {
        apply: ({ objects }) =>
          void Object.assign(remote, { interval: objects["edge.yaml"]?.text() }),
      },
      effectiveConfig: () => ({
        "edge.json": {
          body: JSON.stringify({ ...local, ...remote }),
          contentType: "application/json",
          role: "main",
        },
        raw: Uint8Array.of(1),
      }),
    });
    await scripted.offer("1s", "one");
    const last = scripted.messages.findLast((message) => message.effectiveConfig);
    const { "edge.json": file, raw } = last?.effectiveConfig?.configMap?.configMap ?? {};
    expect(file).toMatchObject({ contentType: "application/json", role: "main" });
    expect(JSON.parse(new TextDecoder().decode(file?.body))).toEqual({
      output: "stdout",
      interval: "1s",
    });
    expect(raw?.body).toEqual(Uint8Array.of(1));
  });

  it("reports the health it is told", async () => {
    await using scripted = await startScriptedAgent({ health: { healthy: true } });
    scripted.agent.setHealth({ healthy: false, lastError: "the disk is full" });
    await scripted.clock.settle();
    const said = scripted.messages.flatMap(({ health }) => health ?? []);
    expect(said.map(({ healthy, lastError }) => [healthy, lastError])).toEqual([
      [true, ""],
      [false, "the disk is full"],
    ]);
  });

  it("says since when it runs, and that something is wrong, where it was not told [C-90 C-91]", async () => {
    await using scripted = await startScriptedAgent({ health: { healthy: true } });
    const { agent, clock } = scripted;
    agent.setHealth({ healthy: false });
    await clock.settle();
    agent.setHealth({ healthy: false, status: "no disk", startTimeUnixNano: 7n });
    await clock.settle();
    const said = scripted.messages.flatMap(({ health }) => health ?? []);
    const started = said[0]?.startTimeUnixNano;
    expect(started).toBeGreaterThan(0n);
    expect(said.map((health) => [health.startTimeUnixNano, health.lastError])).toEqual([
      [started, ""],
      [started, "unhealthy"],
      [7n, "no disk"],
    ]);
  });

  it("reports equal components by an equal hash, and all of them when it is asked [C-207 C-209 C-211]", async () => {
    const reader = { metadata: { "code.namespace": "edge.reader", "vcs.ref.head.revision": "1f" } };
    const turned = { metadata: { "vcs.ref.head.revision": "1f", "code.namespace": "edge.reader" } };
    const parts = { writer: { components: { file: {}, reader } } };
    await using one = await startScriptedAgent({ availableComponents: { reader, ...parts } });
    await using other = await startScriptedAgent({
      availableComponents: { writer: { components: { reader: turned, file: {} } }, reader: turned },
    });
    const hashOf = ({ messages }: typeof one): string =>
      Buffer.from(messages.at(-1)?.availableComponents?.hash ?? []).toString("hex");
    expect(hashOf(one)).toHaveLength(64);
    expect(hashOf(other)).toBe(hashOf(one));

    await one.tell({ flags: ServerToAgentFlags.ReportAvailableComponents });
    const { components } = one.messages.at(-1)?.availableComponents ?? {};
    expect(attributesFromKeyValues(components?.reader?.metadata ?? [])).toEqual(reader.metadata);
    expect(Object.keys(components?.writer?.subComponentMap ?? {})).toEqual(["file", "reader"]);

    other.agent.setAvailableComponents({ reader });
    await other.clock.settle();
    expect(hashOf(other)).not.toBe(hashOf(one));
  });

  it("refuses to report a health that it did not declare", async () => {
    await using scripted = await startScriptedAgent();
    expect(() => scripted.agent.setHealth({ healthy: true })).toThrow(/ReportsHealth/);
  });

  it("restarts when it is told to [C-201]", async () => {
    let restarts = 0;
    await using scripted = await startScriptedAgent({
      commands: {
        restart() {
          restarts += 1;
        },
      },
    });
    await scripted.tell({ command: { type: CommandType.Restart } });
    expect(restarts).toBe(1);
  });

  it("brings each custom message to the handler of its capability, and its answer back [W-50 W-57 W-59]", async () => {
    const echo = (prefix: string) => (message: { type: string; data: Uint8Array }) => ({
      type: `${prefix}-${message.type}`,
      data: message.data,
    });
    await using scripted = await startScriptedAgent({
      customMessages: { "com.example.a/v1": echo("a"), "com.example.b": echo("b") },
    });
    expect(scripted.messages[0]?.customCapabilities?.capabilities).toEqual([
      "com.example.a/v1",
      "com.example.b",
    ]);
    const capabilities = ["com.example.a/v1", "com.example.b"];
    await scripted.tell({ customCapabilities: { capabilities } });
    for (const capability of capabilities) {
      const data = Uint8Array.of(1);
      await scripted.tell({ customMessage: { capability, type: "same", data } });
    }
    const sent = scripted.messages.flatMap(({ customMessage }) => customMessage ?? []);
    expect(sent.map(({ capability, type }) => [capability, type])).toEqual([
      ["com.example.a/v1", "a-same"],
      ["com.example.b", "b-same"],
    ]);
  });

  it("survives handlers that throw, and tells onError [L-07]", async () => {
    await using scripted = await startScriptedAgent({
      customMessages: {
        "com.example.a": () => {
          throw new Error("on purpose");
        },
      },
      commands: {
        restart() {
          throw new Error("on purpose, too");
        },
      },
    });
    await scripted.tell({ customMessage: { capability: "com.example.a", type: "x" } });
    await scripted.tell({ command: {} });
    expect(scripted.errors.map(({ code }) => code)).toEqual(["callback-failed", "callback-failed"]);
    expect(scripted.agent.client.status.state).toBe("online");
  });

  it.each<[string, object]>([
    ["settings.remoteConfg", { remoteConfg: { apply() {} } }],
    ["settings.callbacks.onMessage", { callbacks: { onMessage() {} } }],
    ["settings.remoteConfig.aply", { remoteConfig: { aply() {} } }],
    ["settings.remoteConfig.apply", { remoteConfig: {} }],
    ["remoteConfig.timeoutMs", { remoteConfig: { apply() {}, timeoutMs: 0 } }],
    ["remoteConfig.maxAttempts", { remoteConfig: { apply() {}, maxAttempts: 1.5 } }],
    ["packages.healthCheckMs", { packages: { healthCheckMs: 2 ** 31 } }],
    ["settings.stateDirectory", { stateDirectory: undefined }],
    ["description", { description: undefined }],
    ["serverUrl", { serverUrl: undefined }],
  ])("refuses what is wrong with %s by that name", async (name, wrong) => {
    const good = {
      serverUrl: "ws://localhost:9",
      stateDirectory: temporaryDirectory(),
      description: { serviceName: "edge" },
    };
    await expect(createAgent({ ...good, ...wrong } as AgentSettings)).rejects.toMatchObject({
      code: "invalid-argument",
      message: expect.stringContaining(name),
    });
  });

  it("starts once, and stops as often as it is told to, also before it was started", async () => {
    await using scripted = await startScriptedAgent();
    await expect(scripted.agent.start()).rejects.toMatchObject({ code: "invalid-state" });
    await scripted.stop();
    await scripted.agent.stop();
    await using idle = await createAgent({
      serverUrl: "ws://localhost:9",
      stateDirectory: temporaryDirectory(),
      description: { serviceName: "edge" },
    });
    await idle.stop();
  });

  it("starts nothing twice, and nothing once it stops, whatever the client is at", async () => {
    const reasons: string[] = [];
    const settings: AgentSettings = {
      serverUrl: "ws://localhost:9",
      stateDirectory: await directoryWithConfig(),
      description: { serviceName: "edge" },
      remoteConfig: { apply: (_config, { reason }) => void reasons.push(reason) },
      packages: {},
    };
    {
      await using agent = await createAgent(settings);
      const starts = await Promise.allSettled([agent.start(), agent.start()]);
      expect(starts.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
    }
    expect(reasons).toEqual(["started"]);
    const agent = await createAgent(settings);
    const stopped = agent.stop();
    await expect(agent.start()).rejects.toMatchObject({ code: "invalid-state" });
    await stopped;
    expect(reasons).toEqual(["started"]);
  });

  it("stops from inside apply [L-21]", async () => {
    let stopped: Promise<void> | undefined;
    await using scripted = await startScriptedAgent({
      remoteConfig: {
        apply() {
          stopped = scripted.agent.stop();
          return stopped;
        },
      },
    });
    await scripted.offer("text", "one");
    await scripted.clock.advance(60_000);
    await stopped;
    expect(scripted.agent.client.status.state).toBe("stopped");
    expect(scripted.messages.at(-1)?.agentDisconnect).toBeDefined();
  });
});

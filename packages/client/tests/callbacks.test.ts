import {
  type AgentConfigMapInit,
  type AgentToServer,
  decodeAgentToServer,
  encodeServerToAgent,
  type Logger,
  OpAMPError,
} from "@opamp/protocol";
import { createFakeClock } from "@opamp/test-kit";
import { describe, expect, it } from "vitest";
import { type Callbacks, createMemoryTransportPair, createOpAMPClient } from "../src/index.ts";
import {
  createScriptedClient,
  description,
  type ScriptedClient,
  type ScriptedClientOptions,
  startScriptedClient,
} from "./_util/scripted-client.ts";

const capabilities = [
  "AcceptsRemoteConfig",
  "AcceptsRestartCommand",
  "AcceptsOpAMPConnectionSettings",
  "ReportsOwnMetrics",
  "ReportsConnectionSettingsStatus",
  "ReportsEffectiveConfig",
  "ReportsRemoteConfig",
  "ReportsHeartbeat",
] as const;

/** Every callback that hears of something, made of one function. */
function everyCallback(act: () => unknown): Callbacks {
  return {
    onConnect: act as () => void,
    onConnectFailed: act as () => void,
    onServerError: act as () => void,
    onError: act as () => void,
    onMessage: act as () => void,
    onOpampConnectionSettings: act as () => void,
    onConnectionSettings: act as () => void,
    saveRemoteConfigStatus: act as () => void,
    saveConnectionSettingsStatus: act as () => void,
    getEffectiveConfig: act as () => AgentConfigMapInit,
    onCommand: act as () => void,
  };
}

/** Makes the client call every callback it has. */
async function callThemAll(agent: ScriptedClient): Promise<void> {
  const settings = { destinationEndpoint: "https://example.com" };
  await agent.tell({ remoteConfig: { configHash: Uint8Array.of(1) } });
  await agent.tell({ command: {} });
  await agent.tell({
    connectionSettings: {
      hash: Uint8Array.of(1),
      opamp: { ...settings, heartbeatIntervalSeconds: 30n },
      ownMetrics: settings,
    },
  });
  await agent.tell({ errorResponse: {} });
  agent.client.setRemoteConfigStatus({ lastRemoteConfigHash: Uint8Array.of(1), status: 1 });
  await agent.clock.settle();
  agent.session.close(new OpAMPError("connection-lost", "gone"));
  agent.server.refuseNext(new OpAMPError("connect-failed", "nobody listens"));
  await agent.clock.advance(10_000);
}

describe.each([false, true])("callbacks, polling: %s", (pollsForMessages) => {
  const misbehaviours: Record<string, () => unknown> = {
    throw: () => {
      throw new Error("thrown by the agent");
    },
    reject: () => Promise.reject(new Error("rejected by the agent")),
    "never return": () => new Promise(() => {}),
    "throw nothing": () => {
      throw undefined;
    },
  };

  it.each(Object.keys(misbehaviours))(
    "that %s harm nothing but their own outcome [L-07]",
    async (kind) => {
      let calls = 0;
      const act = (): unknown => {
        calls += 1;
        return misbehaviours[kind]?.();
      };
      await using agent = await startScriptedClient({
        pollsForMessages,
        capabilities,
        callbacks: everyCallback(act),
      });
      await callThemAll(agent);
      expect(calls).toBeGreaterThan(9);
      expect(agent.client.status.state).toBe("online");
      const said = await agent.during(() => agent.client.setCustomCapabilities(["com.example.a"]));
      expect(said).toHaveLength(1);
      const beats = await agent.during(() => agent.clock.advance(60_000));
      expect(beats).toHaveLength(2);
    },
  );

  it("that fail are reported by name, with what they threw [L-07 L-26]", async () => {
    await using agent = await startScriptedClient({
      pollsForMessages,
      capabilities: capabilities.filter((name) => name !== "ReportsEffectiveConfig"),
      callbacks: {
        ...everyCallback(() => Promise.reject(new Error("on purpose"))),
        onError: () => {},
      },
    });
    await callThemAll(agent);
    for (const name of [
      "onConnect",
      "onMessage",
      "onCommand",
      "onOpampConnectionSettings",
      "onConnectionSettings",
      "onServerError",
      "saveRemoteConfigStatus",
      "saveConnectionSettingsStatus",
      "onConnectFailed",
    ]) {
      const error = agent.errors.find(({ message }) => message.startsWith(`${name} failed`));
      expect(error).toBeInstanceOf(OpAMPError);
      expect(error).toMatchObject({ code: "callback-failed", cause: new Error("on purpose") });
    }
  });

  it("that fail while failures are reported leave a line in the log [L-07]", async () => {
    const lines: string[] = [];
    const write = (line: string): void => void lines.push(line);
    const logger: Logger = { debug: write, info: write, warn: write, error: write };
    const options: ScriptedClientOptions = {
      pollsForMessages,
      logger,
      callbacks: {
        onConnect: () => {
          throw new Error("first");
        },
        onError: () => {
          throw new Error("second");
        },
      },
    };
    await using agent = await startScriptedClient(options);
    expect(agent.client.status.state).toBe("online");
    expect(lines.some((line) => line.includes("onConnect failed: first"))).toBe(true);
    expect(lines.some((line) => line.includes("onError failed: second"))).toBe(true);
  });

  it("are methods of the object they came in", async () => {
    class Agent implements Callbacks {
      readonly #config = { configMap: { "": { body: Uint8Array.of(5) } } };
      readonly heard: string[] = [];
      getEffectiveConfig(): AgentConfigMapInit {
        return this.#config;
      }
      onConnect(): void {
        this.heard.push("connect");
      }
    }
    const callbacks = new Agent();
    const messages: AgentToServer[] = [];
    const { transport } = createMemoryTransportPair({
      pollsForMessages,
      onMessage: (bytes, session) => {
        const message = decodeAgentToServer(bytes);
        messages.push(message);
        session.send(encodeServerToAgent({ instanceUid: message.instanceUid, capabilities: 7n }));
      },
    });
    const clock = createFakeClock();
    await using client = createOpAMPClient({
      serverUrl: "ws://localhost",
      agentDescription: description,
      capabilities: ["ReportsEffectiveConfig"],
      callbacks,
      transport,
      clock,
    });
    await client.start();
    await clock.settle();
    expect(messages[0]?.effectiveConfig).toBeDefined();
    expect(callbacks.heard).toEqual(["connect"]);
  });

  it("may call the client, and stop it [L-21]", async () => {
    const stopped = Promise.withResolvers<void>();
    const agent = createScriptedClient({
      pollsForMessages,
      capabilities: ["AcceptsRemoteConfig", "ReportsRemoteConfig"],
      callbacks: {
        onMessage: async () => {
          agent.client.setRemoteConfigStatus({ lastRemoteConfigHash: Uint8Array.of(1), status: 2 });
          await agent.client.stop();
          stopped.resolve();
        },
      },
    });
    await agent.client.start();
    await agent.clock.settle();
    await agent.tell({ remoteConfig: { configHash: Uint8Array.of(1) } });
    await agent.clock.advance(10_000);
    await stopped.promise;
    expect(agent.client.status.state).toBe("stopped");
    expect(agent.messages.at(-1)?.agentDisconnect).toBeDefined();
  });

  it("are not called for a message with nothing in it for the agent [C-50]", async () => {
    const heard: unknown[] = [];
    await using agent = await startScriptedClient({
      pollsForMessages,
      capabilities,
      callbacks: { ...everyCallback(() => ({})), onMessage: (data) => void heard.push(data) },
    });
    await agent.tell({});
    await agent.tell({ flags: 1n });
    expect(heard).toEqual([]);
  });

  it("are all optional [L-01]", async () => {
    await using agent = await startScriptedClient({
      pollsForMessages,
      capabilities: capabilities.filter((name) => name !== "ReportsEffectiveConfig"),
    });
    await callThemAll(agent);
    expect(agent.errors).toEqual([]);
    expect(agent.client.status.state).toBe("online");
  });

  it("hear of packages as they were offered, whatever they lack [C-47 L-01]", async () => {
    const heard: unknown[] = [];
    await using agent = await startScriptedClient({
      pollsForMessages,
      capabilities: ["AcceptsPackages"],
      callbacks: { onMessage: ({ packagesAvailable }) => void heard.push(packagesAvailable) },
    });
    const packagesAvailable = {
      packages: {
        whole: {
          version: "1",
          hash: Uint8Array.of(1),
          file: { downloadUrl: "https://example.com" },
        },
        "no file": { version: "2" },
        "no url": { file: {} },
        nothing: {},
      },
      allPackagesHash: Uint8Array.of(2),
    };
    await agent.tell({ packagesAvailable });
    await agent.tell({ packagesAvailable: {} });
    expect(heard).toMatchObject([packagesAvailable, { packages: {} }]);
    expect(agent.errors).toEqual([]);
  });
});

import {
  type AgentRemoteConfig,
  type RemoteConfigStatus,
  RemoteConfigStatuses,
  type RemoteConfigStatusInit,
} from "@opamp/protocol";
import { describe, expect, it } from "vitest";
import {
  type ScriptedClient,
  type ScriptedClientOptions,
  startScriptedClient,
} from "./_util/scripted-client.ts";

const { APPLIED, APPLYING, FAILED } = RemoteConfigStatuses;

const offer = (hash: number): { readonly remoteConfig: object } => ({
  remoteConfig: {
    configHash: Uint8Array.of(hash, 0xff, 0),
    config: { configMap: { "": { body: Uint8Array.of(hash), contentType: "text/yaml" } } },
  },
});

const statusOf = (hash: number, status: number): RemoteConfigStatusInit => ({
  lastRemoteConfigHash: Uint8Array.of(hash, 0xff, 0),
  status,
});

describe.each([false, true])("remote config, polling: %s", (pollsForMessages) => {
  const handed: number[] = [];
  const start = (options: ScriptedClientOptions = {}): Promise<ScriptedClient> => {
    handed.length = 0;
    return startScriptedClient({
      pollsForMessages,
      capabilities: ["AcceptsRemoteConfig", "ReportsRemoteConfig"],
      ...options,
      callbacks: {
        onMessage: ({ remoteConfig }) => {
          if (remoteConfig !== undefined) handed.push(remoteConfig.configHash[0] ?? -1);
        },
        ...options.callbacks,
      },
    });
  };

  it("reaches the agent as it was sent [C-47 C-107]", async () => {
    const got: (AgentRemoteConfig | undefined)[] = [];
    await using agent = await start({
      callbacks: { onMessage: ({ remoteConfig }) => void got.push(remoteConfig) },
    });
    await agent.tell(offer(1));
    expect(got).toMatchObject([offer(1).remoteConfig]);
  });

  it.each([
    ["APPLIED", APPLIED, ""],
    ["FAILED", FAILED, "line 3: no such receiver"],
  ])(
    "reports %s with the hash, once, and again on request [C-51 C-53 C-57 C-99 C-100 C-101 C-102 C-107]",
    async (_, status, errorMessage) => {
      await using agent = await start({
        callbacks: {
          onMessage: ({ remoteConfig }) => {
            const lastRemoteConfigHash = remoteConfig?.configHash ?? new Uint8Array(0);
            agent.client.setRemoteConfigStatus({ lastRemoteConfigHash, status, errorMessage });
          },
        },
      });
      const expected = { ...statusOf(1, status), errorMessage };
      const said = await agent.tell(offer(1));
      expect(said).toMatchObject([{ remoteConfigStatus: expected }]);
      const [next] = await agent.during(() =>
        agent.client.setCustomCapabilities(["com.example.a"]),
      );
      expect(next?.remoteConfigStatus).toBeUndefined();
      const [full] = await agent.tell({ flags: 1n });
      expect(full?.remoteConfigStatus).toMatchObject(expected);
    },
  );

  it("reports APPLYING and then APPLIED [C-48 C-100 C-104]", async () => {
    await using agent = await start({
      capabilities: ["AcceptsRemoteConfig", "ReportsRemoteConfig", "ReportsEffectiveConfig"],
      callbacks: {
        getEffectiveConfig: () => ({ configMap: { "": { body: Uint8Array.of(handed.length) } } }),
      },
    });
    await agent.tell(offer(1));
    const [applying] = await agent.during(() =>
      agent.client.setRemoteConfigStatus(statusOf(1, APPLYING)),
    );
    expect(applying?.remoteConfigStatus?.status).toBe(APPLYING);
    const said = await agent.during(() => {
      agent.client.updateEffectiveConfig();
      agent.client.setRemoteConfigStatus(statusOf(1, APPLIED));
    });
    expect(said.some(({ remoteConfigStatus }) => remoteConfigStatus?.status === APPLIED)).toBe(
      true,
    );
    expect(said.some(({ effectiveConfig }) => effectiveConfig !== undefined)).toBe(true);
  });

  it("is handed over once however often it is offered [C-49 C-50 C-105]", async () => {
    await using agent = await start();
    for (let i = 0; i < 10; i += 1) expect(await agent.tell(offer(1))).toEqual([]);
    expect(handed).toEqual([1]);
  });

  it("is handed over again after another one [C-105]", async () => {
    await using agent = await start();
    await agent.tell(offer(1));
    await agent.during(() => agent.client.setRemoteConfigStatus(statusOf(1, APPLIED)));
    await agent.tell(offer(2));
    await agent.tell(offer(1));
    expect(handed).toEqual([1, 2, 1]);
  });

  it("is not handed over again after a restart that remembers it [C-106 L-13]", async () => {
    for (const status of [APPLIED, FAILED]) {
      await using agent = await start({ remoteConfigStatus: statusOf(1, status) });
      expect(agent.messages[0]?.remoteConfigStatus).toMatchObject(statusOf(1, status));
      await agent.tell(offer(1));
      expect(handed).toEqual([]);
      await agent.tell(offer(2));
      expect(handed).toEqual([2]);
    }
  });

  it("hands its status over to be stored when it changes, and only then [C-106]", async () => {
    const stored: RemoteConfigStatus[] = [];
    await using agent = await start({
      remoteConfigStatus: statusOf(1, APPLIED),
      callbacks: { saveRemoteConfigStatus: (status) => void stored.push(status) },
    });
    agent.client.setRemoteConfigStatus(statusOf(1, APPLIED));
    agent.client.setRemoteConfigStatus(statusOf(2, APPLYING));
    agent.client.setRemoteConfigStatus(statusOf(2, APPLIED));
    await agent.clock.settle();
    expect(stored).toMatchObject([statusOf(2, APPLYING), statusOf(2, APPLIED)]);
  });

  it("comes again when the agent could not take it [L-07]", async () => {
    let failing = true;
    await using agent = await start({
      callbacks: {
        onMessage: async ({ remoteConfig }) => {
          if (failing) throw new Error("disk full");
          handed.push(remoteConfig?.configHash[0] ?? -1);
        },
      },
    });
    expect(await agent.tell(offer(1))).toEqual([]);
    expect(agent.errors[0]).toMatchObject({
      code: "callback-failed",
      message: expect.stringContaining("disk full"),
    });
    failing = false;
    await agent.tell(offer(1));
    await agent.tell(offer(1));
    expect(handed).toEqual([1]);
  });

  it("may lack anything [L-01 W-36]", async () => {
    const got: (AgentRemoteConfig | undefined)[] = [];
    await using agent = await start({
      callbacks: { onMessage: ({ remoteConfig }) => void got.push(remoteConfig) },
    });
    await agent.tell({ remoteConfig: {} });
    await agent.tell({ remoteConfig: { configHash: Uint8Array.of(1) } });
    await agent.tell({ remoteConfig: { configHash: Uint8Array.of(2), config: { configMap: {} } } });
    expect(got).toHaveLength(3);
    expect(got[0]?.config).toBeUndefined();
    expect(got[2]?.config?.configMap).toEqual({});
    expect(agent.errors).toEqual([]);
    expect(agent.client.status.state).toBe("online");
  });

  it("is nobody's without the capability, and may be ignored with it [C-64 C-103]", async () => {
    await using deaf = await start({ capabilities: ["ReportsRemoteConfig"] });
    expect(await deaf.tell(offer(1))).toEqual([]);
    expect(handed).toEqual([]);
    await using lazy = await startScriptedClient({
      pollsForMessages,
      capabilities: ["AcceptsRemoteConfig"],
    });
    expect(await lazy.tell(offer(1))).toEqual([]);
    expect(lazy.errors).toEqual([]);
  });
});

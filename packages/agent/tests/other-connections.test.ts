import type { ConnectionSettingsOffersInit } from "@opamp/protocol";
import { describe, expect, it } from "vitest";
import type { OtherConnections, OtherConnectionsSettings } from "../src/index.ts";
import { startSwitchingAgent } from "./_util/switching-agent.ts";

const offering = (name: string, endpoint: string): ConnectionSettingsOffersInit => ({
  otherConnections: { [name]: { destinationEndpoint: endpoint } },
});

/** What a program was told, in order: names and endpoints. */
function createStore(apply?: OtherConnectionsSettings["apply"]) {
  const calls: string[] = [];
  const settings: OtherConnectionsSettings = {
    async apply(connections, context) {
      calls.push(endpointsOf(connections));
      await apply?.(connections, context);
    },
  };
  return { calls, settings: { connectionSettings: { otherConnections: settings } } };
}

function endpointsOf(connections: OtherConnections): string {
  return Object.entries(connections)
    .map(([name, { destinationEndpoint }]) => `${name}=${destinationEndpoint}`)
    .toSorted()
    .join();
}

describe("other connections that are offered", () => {
  it("are handed over as a whole, and reported as APPLIED when that is done [C-126 C-140 C-141 L-14]", async () => {
    const done = Promise.withResolvers<void>();
    const store = createStore(() => done.promise);
    await using agent = await startSwitchingAgent(store.settings);
    await agent.offer("v1", offering("db", "one:1"));
    expect(agent.told).toEqual(["given.example.com APPLYING v1"]);
    done.resolve();
    await agent.clock.settle();
    expect(agent.told.at(-1)).toBe("given.example.com APPLIED v1");
    await agent.offer("v2", offering("store", "two:2"));
    expect(store.calls).toEqual(["db=one:1", "db=one:1,store=two:2"]);
  });

  it("are handed over again by the next run, without a server, and not when nothing has changed [C-109 C-110 L-13]", async () => {
    const store = createStore();
    await using first = await startSwitchingAgent(store.settings);
    await first.offer("v1", offering("db", "one:1"));
    await first.stop();
    const again = createStore();
    const { stateDirectory } = first;
    const refusing = ["given.example.com"];
    await using alone = await startSwitchingAgent({ ...again.settings, stateDirectory, refusing });
    expect(again.calls).toEqual(["db=one:1"]);
    await alone.stop();

    const last = createStore();
    await using second = await startSwitchingAgent({ ...last.settings, stateDirectory });
    expect(second.told).toEqual(["given.example.com APPLIED v1"]);
    await second.offer("v2", offering("db", "one:1"));
    expect(second.told.at(-1)).toBe("given.example.com APPLIED v2");
    expect(last.calls).toEqual(["db=one:1"]);
    await second.offer("v3", offering("store", "two:2"));
    expect(last.calls.at(-1)).toBe("db=one:1,store=two:2");
  });

  it("are FAILED when they cannot be put in force, and those before stay [C-108 L-07 L-14]", async () => {
    const store = createStore((connections) => {
      if (endpointsOf(connections).includes("bad")) throw new Error("no such host");
    });
    await using first = await startSwitchingAgent(store.settings);
    await first.offer("v1", offering("db", "one:1"));
    await first.offer("v2", offering("db", "bad:1"));
    expect(first.told.at(-1)).toBe("given.example.com FAILED v2");
    await first.stop();
    const again = createStore();
    const { stateDirectory } = first;
    await using second = await startSwitchingAgent({ ...again.settings, stateDirectory });
    expect(second.told).toEqual(["given.example.com FAILED v2"]);
    expect(again.calls).toEqual(["db=one:1"]);
    await second.offer("v2", offering("db", "bad:1"));
    expect(again.calls).toHaveLength(1);
  });

  it("are FAILED when putting them in force takes too long [L-07 L-14]", async () => {
    const { apply } = { apply: () => new Promise<void>(() => {}) };
    const connectionSettings = { otherConnections: { apply, timeoutMs: 1000 } };
    await using agent = await startSwitchingAgent({ connectionSettings });
    await agent.offer("v1", offering("db", "one:1"));
    await agent.clock.advance(1000);
    expect(agent.told.at(-1)).toBe("given.example.com FAILED v1");
    expect(agent.errors.at(-1)?.message).toContain("took longer than 1000 ms");
  });

  it("are taken up by the next run when the agent stops while they are put in force [L-14]", async () => {
    let reason: unknown;
    const hanging = createStore((_connections, { signal }) => {
      return new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => {
          reason = signal.reason;
          reject(signal.reason);
        });
      });
    });
    await using first = await startSwitchingAgent(hanging.settings);
    await first.offer("v1", offering("db", "one:1"));
    await first.stop();
    expect(reason).toMatchObject({ code: "stopped" });
    expect(first.told).toEqual(["given.example.com APPLYING v1"]);
    const again = createStore();
    const { stateDirectory } = first;
    await using second = await startSwitchingAgent({ ...again.settings, stateDirectory });
    expect(again.calls).toEqual(["db=one:1"]);
    expect(second.told.at(-1)).toBe("given.example.com APPLIED v1");
  });

  it("wait for the ones before, and only the last status counts [C-125 L-14]", async () => {
    const first = Promise.withResolvers<void>();
    const store = createStore((connections) => {
      return endpointsOf(connections).includes("two") ? undefined : first.promise;
    });
    await using agent = await startSwitchingAgent(store.settings);
    await agent.offer("v1", offering("db", "one:1"));
    await agent.offer("v2", offering("db", "two:2"));
    expect(store.calls).toEqual(["db=one:1"]);
    first.resolve();
    await agent.clock.settle();
    expect(store.calls).toEqual(["db=one:1", "db=two:2"]);
    expect(agent.told.at(-1)).toBe("given.example.com APPLIED v2");
    expect(agent.told).not.toContain("given.example.com APPLIED v1");
  });

  it("come after the switch that was offered with them, and one status covers both [C-128]", async () => {
    const store = createStore();
    const opamp = { destinationEndpoint: "wss://new.example.com/" };
    await using agent = await startSwitchingAgent(store.settings);
    await agent.offer("v1", { opamp, ...offering("db", "one:1") });
    expect(agent.told.at(-1)).toBe("new.example.com APPLIED v1");
    expect(store.calls).toEqual(["db=one:1"]);
    const refusing = ["new.example.com"];
    const other = createStore();
    await using failing = await startSwitchingAgent({ ...other.settings, refusing });
    await failing.offer("v1", { opamp, ...offering("db", "one:1") });
    expect(failing.told.at(-1)).toBe("given.example.com FAILED v1");
    expect(other.calls).toEqual([]);
  });

  it("are kept when the operator edits how the server is reached", async () => {
    const store = createStore();
    await using first = await startSwitchingAgent(store.settings);
    await first.offer("v1", {
      opamp: { destinationEndpoint: "wss://new.example.com/" },
      ...offering("db", "one:1"),
    });
    await first.stop();
    const again = createStore();
    await using second = await startSwitchingAgent({
      ...again.settings,
      stateDirectory: first.stateDirectory,
      serverUrl: "wss://edited.example.com/",
    });
    expect(second.host).toBe("edited.example.com");
    expect(again.calls).toEqual(["db=one:1"]);
  });
});

import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { encodeAgentToServer } from "@opamp/protocol";
import { afterEach, describe, expect, it } from "vitest";
import type {
  MessageReceivedEvent,
  MessageSentEvent,
  OpAMPClient,
  TransitionEvent,
} from "../src/index.ts";
import { createScriptedClient, startScriptedClient } from "./_util/scripted-client.ts";

const cleanups: (() => void)[] = [];

function listenTo<T>(channel: string, heard: (event: T) => void): void {
  const listen = (event: unknown): void => heard(event as T);
  subscribe(channel, listen);
  cleanups.push(() => unsubscribe(channel, listen));
}

function collect<T>(channel: string): readonly T[] {
  const events: T[] = [];
  listenTo<T>(channel, (event) => void events.push(event));
  return events;
}

/** The states a reader of the status sees, each once, until the client has stopped. */
async function readStates(client: OpAMPClient): Promise<readonly string[]> {
  const states: string[] = [];
  for await (const { state } of client.statusChanges()) {
    if (states.at(-1) !== state) states.push(state);
  }
  return states;
}

describe.each([false, true])("diagnostics channels, polling: %s", (pollsForMessages) => {
  afterEach(() => {
    for (const cleanup of cleanups.splice(0)) cleanup();
  });

  it("tell of each message, decoded, with its size and the agent's uid", async () => {
    const sent = collect<MessageSentEvent>("opamp.client.message.sent");
    const received = collect<MessageReceivedEvent>("opamp.client.message.received");
    await using agent = await startScriptedClient({ pollsForMessages });
    const { instanceUid } = agent.client;
    expect(sent).toMatchObject([{ instanceUid, message: { sequenceNum: 0n } }]);
    const [first] = agent.messages;
    expect(sent[0]?.bytes).toBe(encodeAgentToServer(first ?? {}).length);
    expect(received).toMatchObject([{ instanceUid, message: { capabilities: 0x7fn } }]);
    expect(received[0]?.bytes).toBeGreaterThan(16);
  });

  it("tell of each state of the connection", async () => {
    const transitions = collect<TransitionEvent>("opamp.client.transition");
    await using agent = await startScriptedClient({ pollsForMessages });
    const { instanceUid } = agent.client;
    await agent.stop();
    const states = transitions.map(({ status }) => status.state);
    expect(states.filter((state, i) => state !== states[i - 1])).toEqual([
      "connecting",
      "online",
      "stopping",
      "stopped",
    ]);
    expect(transitions.every((event) => event.instanceUid === instanceUid)).toBe(true);
    expect(transitions.some(({ status }) => status.serverCapabilities?.length === 7)).toBe(true);
  });

  it.each(["online", "stopping"] as const)(
    "let a subscriber stop the client as soon as it hears of %s [L-21]",
    async (state) => {
      await using agent = createScriptedClient({ pollsForMessages });
      const { client } = agent;
      const stopping: Promise<void>[] = [];
      const heard: string[] = [];
      listenTo<TransitionEvent>("opamp.client.transition", ({ status }) => {
        if (status.state === state && stopping.length < 3) stopping.push(client.stop());
        if (status.state === "stopped") heard.push(`${agent.session.ended?.by}`);
      });
      const seen = readStates(client);
      await client.start();
      await agent.clock.settle();
      await agent.stop();
      await Promise.all(stopping);
      expect(stopping.length).toBeGreaterThan(0);
      expect(heard).toEqual(["client"]);
      expect(await seen).toEqual(["idle", "connecting", "online", "stopping", "stopped"]);
    },
  );
});

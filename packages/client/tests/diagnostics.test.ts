import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { encodeAgentToServer } from "@opamp/protocol";
import { afterEach, describe, expect, it } from "vitest";
import type { MessageReceivedEvent, MessageSentEvent, TransitionEvent } from "../src/index.ts";
import { startScriptedClient } from "./_util/scripted-client.ts";

const cleanups: (() => void)[] = [];

function collect<T>(channel: string): readonly T[] {
  const events: T[] = [];
  const listen = (event: unknown): void => void events.push(event as T);
  subscribe(channel, listen);
  cleanups.push(() => unsubscribe(channel, listen));
  return events;
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
});

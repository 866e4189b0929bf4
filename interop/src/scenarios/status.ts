import type { AgentDescriptionSettings } from "@opamp/client";
import { bitsFromAgentCapabilities, type KeyValue } from "@opamp/protocol";
import { expect } from "vitest";
import { base64, type MessageJson } from "../json.ts";
import { type FromAgent, initialState, startPair } from "../pair.ts";
import type { Scenario } from "../scenario.ts";

export const statusScenarios: readonly Scenario[] = [
  {
    title: "the first message says who the agent is and what it can do",
    needs: [],
    async run(match) {
      await using pair = await startPair(match);

      const first = await pair.serverGot("anything", () => true);

      expect(first.instanceUid).toBe(pair.instanceUidJson);
      expect(BigInt(first.capabilities ?? "0")).toBe(bitsFromAgentCapabilities(pair.capabilities));
      expectDescription(first, initialState.description);
    },
  },
  {
    title: "the first message holds health and effective config",
    needs: ["health", "effective-config"],
    async run(match) {
      await using pair = await startPair(match);

      const first = await pair.serverGot("anything", () => true);

      expect(first.health).toMatchObject(initialState.health);
      expectInitialConfig(first);
    },
  },
  {
    title: "a changed description reaches the server",
    needs: ["description"],
    async run(match) {
      await using pair = await startPair(match);
      await pair.serverGot("the description", isDescribed);
      const description = { identifyingAttributes: { "service.name": "renamed" } };

      pair.client.report({ description });

      const changed = await pair.serverGot("the new description", (message) =>
        JSON.stringify(message.agentDescription ?? {}).includes("renamed"),
      );
      expectDescription(changed, description);
    },
  },
  {
    title: "changed health reaches the server",
    needs: ["health"],
    async run(match) {
      await using pair = await startPair(match);
      await pair.serverGot("the description", isDescribed);

      pair.client.report({
        health: {
          healthy: false,
          status: "degraded",
          lastError: "disk full",
          statusTimeUnixNano: 7n,
        },
      });

      const changed = await pair.serverGot(
        "the new health",
        ({ health }) => health?.status === "degraded",
      );
      expect(changed.health).toMatchObject({ lastError: "disk full", statusTimeUnixNano: "7" });
      expect(changed.health?.healthy ?? false).toBe(false);
    },
  },
  {
    title: "heartbeats and polls carry nothing but who the agent is, numbered one after another",
    needs: ["heartbeat"],
    async run(match) {
      await using pair = await startPair(match, { heartbeatIntervalMs: 100 });

      const beat = await pair.serverGot("who the agent is alone", isHeartbeat);
      const number = BigInt(beat.sequenceNum ?? "0");
      const next = await pair.serverGot(
        "the next number",
        ({ sequenceNum }) => BigInt(sequenceNum ?? "0") === number + 1n,
      );

      expect(isHeartbeat(next)).toBe(true);
    },
  },
  {
    title: "the heartbeat follows the interval that the server offers",
    needs: ["heartbeat-offer"],
    over: "websocket",
    async run(match) {
      await using pair = await startPair(match, { heartbeatIntervalMs: 600_000 });
      await pair.serverGot("the description", isDescribed);

      pair.server.send({
        instanceUid: pair.instanceUid,
        connectionSettings: {
          hash: new Uint8Array([1]),
          opamp: { heartbeatIntervalSeconds: 1n },
        },
      });

      const heartbeat = await pair.serverGot("a heartbeat", isHeartbeat);
      expect(heartbeat.instanceUid).toBe(pair.instanceUidJson);
    },
  },
  {
    title: "the agent reports its whole state when it is asked",
    needs: ["full-state"],
    async run(match) {
      await using pair = await startPair(match);
      await pair.serverGot("the description", isDescribed);
      const after = pair.server.events.events.length;

      pair.server.send({ instanceUid: pair.instanceUid, flags: 1n });

      expectDescription(
        await pair.serverGot("the whole state", isDescribed, { after }),
        initialState.description,
      );
    },
  },
  {
    title:
      "the agent reports description and health as they are to a server that has lost its state",
    needs: ["reconnect", "health"],
    async run(match) {
      await using pair = await startPair(match);
      await pair.serverGot("the description", isDescribed);
      pair.client.report({ health: { healthy: true, status: "ready" } });
      await pair.serverGot("the new health", ({ health }) => health?.status === "ready");
      const after = pair.server.events.events.length;

      await pair.server.restart();

      const full = await pair.serverGot("the whole state", isDescribed, { after });
      expectDescription(full, initialState.description);
      expect(full.health).toMatchObject({ healthy: true, status: "ready" });
    },
  },
  {
    title: "the agent reports its effective config to a server that has lost its state",
    needs: ["reconnect", "effective-config"],
    async run(match) {
      await using pair = await startPair(match);
      await pair.serverGot("the description", isDescribed);
      const after = pair.server.events.events.length;

      await pair.server.restart();

      expectInitialConfig(await pair.serverGot("the whole state", isDescribed, { after }));
    },
  },
  {
    title: "an agent that stops says goodbye and leaves",
    needs: ["goodbye"],
    async run(match) {
      await using pair = await startPair(match);
      await pair.serverGot("the description", isDescribed);

      await pair.client.stop();

      const goodbye = await pair.server.events.find("goodbye", (event) =>
        event.event === "message" && event.message.agentDisconnect !== undefined
          ? event.connection
          : undefined,
      );
      const closed = await pair.server.events.find("closed connection", (event) =>
        event.event === "closed" && event.connection === goodbye ? event.connection : undefined,
      );
      expect(closed).toBe(goodbye);
    },
  },
];

export function isDescribed(message: FromAgent): boolean {
  return message.agentDescription !== undefined;
}

function isHeartbeat(message: FromAgent): boolean {
  const parts = Object.keys(message).filter(
    (name) => !["instanceUid", "sequenceNum", "capabilities"].includes(name),
  );
  return message.instanceUid !== undefined && parts.length === 0;
}

function expectDescription(message: FromAgent, expected: AgentDescriptionSettings): void {
  const { identifyingAttributes, nonIdentifyingAttributes } = message.agentDescription ?? {};
  expect(plainAttributes(identifyingAttributes)).toEqual(expected.identifyingAttributes);
  expect(plainAttributes(nonIdentifyingAttributes)).toEqual(
    expected.nonIdentifyingAttributes ?? {},
  );
}

/** Attributes by name. Integers are numbers: some clients send them as doubles. */
function plainAttributes(attributes: readonly MessageJson<KeyValue>[] = []): object {
  return Object.fromEntries(
    attributes.map(({ key, value = {} }) => {
      const [[kind, plain] = []] = Object.entries(value);
      return [key, kind === "intValue" ? Number(plain) : plain];
    }),
  );
}

function expectInitialConfig(message: FromAgent): void {
  const [name, object] = Object.entries(initialState.effectiveConfig.configMap)[0] ?? [];
  expect(message.effectiveConfig?.configMap?.configMap).toEqual({
    [name ?? ""]: { body: base64(object?.body ?? new Uint8Array()), contentType: "text/yaml" },
  });
}

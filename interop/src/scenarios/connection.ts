import type { AgentConfigMapInit } from "@opamp/protocol";
import { expect } from "vitest";
import { base64 } from "../json.ts";
import { startPair } from "../pair.ts";
import type { Scenario } from "../scenario.ts";
import { hasRemoteConfig } from "./remote-config.ts";
import { isDescribed } from "./status.ts";

export const connectionScenarios: readonly Scenario[] = [
  {
    title: "the server sees the headers that the client was given",
    needs: ["headers"],
    async run(match) {
      await using pair = await startPair(match, { headers: { authorization: "Bearer interop" } });

      const headers = await pair.server.events.find("connection", (event) =>
        event.event === "connected" ? event.headers : undefined,
      );

      expect(headers).toMatchObject({ authorization: "Bearer interop" });
    },
  },
  {
    title: "a large report travels compressed",
    needs: ["compressed-reports"],
    async run(match) {
      const description = { identifyingAttributes: { "service.name": largeText } };
      await using pair = await startPair(match, { ...compressed, state: { description } });

      const { agentDescription } = await pair.serverGot("the description", isDescribed);

      expect(JSON.stringify(agentDescription)).toContain(largeText);
      expect(pair.proxy?.bytesToServer).toBeLessThan(largeText.length / 8);
    },
  },
  {
    title: "a large config offered travels compressed",
    needs: ["compressed-answers", "remote-config"],
    async run(match) {
      await using pair = await startPair(match, compressed);
      await pair.serverGot("the description", isDescribed);

      pair.server.offerConfig({ config: largeConfig, configHash: new Uint8Array([1]) });

      const { remoteConfig } = await pair.clientGot("remote config", hasRemoteConfig);
      expect(remoteConfig?.config?.configMap).toMatchObject(largeConfigJson);
      expect(pair.proxy?.bytesToClient).toBeLessThan(largeBody.length / 8);
    },
  },
];

const compressed = { compression: true, server: { compression: true }, countBytes: true } as const;

const largeText = "x".repeat(256 * 1024);
const largeBody = new TextEncoder().encode(largeText);
const largeConfig: AgentConfigMapInit = {
  configMap: { main: { body: largeBody, contentType: "text/plain" } },
};
const largeConfigJson = { main: { body: base64(largeBody) } };

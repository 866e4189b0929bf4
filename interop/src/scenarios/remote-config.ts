import { type AgentRemoteConfigInit, RemoteConfigStatuses } from "@opamp/protocol";
import { expect } from "vitest";
import { base64 } from "../json.ts";
import { type FromServer, type Pair, startPair } from "../pair.ts";
import type { Scenario } from "../scenario.ts";
import { isDescribed } from "./status.ts";

export const remoteConfigScenarios: readonly Scenario[] = [
  {
    title: "an offered config that was applied is reported APPLIED with its hash",
    needs: ["remote-config"],
    async run(match) {
      await using pair = await startPair(match);
      const hash = await offerConfig(pair);

      pair.client.report({
        remoteConfigStatus: { status: RemoteConfigStatuses.APPLIED, lastRemoteConfigHash: hash },
      });

      await expectStatus(pair, hash, RemoteConfigStatuses.APPLIED);
    },
  },
  {
    title: "an offered config that was applied is reported as the effective one",
    needs: ["remote-config", "effective-config"],
    async run(match) {
      await using pair = await startPair(match);
      await offerConfig(pair);

      pair.client.report({ effectiveConfig: newConfig });

      const { effectiveConfig } = await pair.serverGot(
        "the new effective config",
        (message) => message.effectiveConfig?.configMap?.configMap?.main !== undefined,
      );
      expect(effectiveConfig?.configMap?.configMap).toEqual(newConfigJson);
    },
  },
  {
    title: "a config that cannot be applied is reported FAILED with its hash and the reason",
    needs: ["remote-config"],
    async run(match) {
      await using pair = await startPair(match);
      const hash = await offerConfig(pair);

      pair.client.report({
        remoteConfigStatus: {
          status: RemoteConfigStatuses.FAILED,
          lastRemoteConfigHash: hash,
          errorMessage: "rate must be a number",
        },
      });

      const reported = await expectStatus(pair, hash, RemoteConfigStatuses.FAILED);
      expect(reported).toMatchObject({ errorMessage: "rate must be a number" });
    },
  },
];

const newBody = new TextEncoder().encode("rate: 2");
const newConfig = { configMap: { main: { body: newBody, contentType: "text/yaml" } } };
const newConfigJson = { main: { body: base64(newBody), contentType: "text/yaml" } };
const offer: AgentRemoteConfigInit = {
  config: newConfig,
  configHash: new TextEncoder().encode("hash-1"),
};

/** Offers the config, waits for the agent to see it, and returns its hash, which may be the server's own. */
async function offerConfig(pair: Pair): Promise<Uint8Array> {
  await pair.serverGot("the description", isDescribed);
  pair.server.offerConfig(offer);
  const { remoteConfig } = await pair.clientGot("remote config", hasRemoteConfig);
  expect(remoteConfig?.config?.configMap).toEqual(newConfigJson);
  return Buffer.from(remoteConfig?.configHash ?? "", "base64");
}

export function hasRemoteConfig(message: FromServer): boolean {
  return message.remoteConfig !== undefined;
}

async function expectStatus(pair: Pair, hash: Uint8Array, status: number): Promise<unknown> {
  const { remoteConfigStatus } = await pair.serverGot(
    `remote config status ${status}`,
    (message) => message.remoteConfigStatus?.status === status,
  );
  expect(remoteConfigStatus?.lastRemoteConfigHash).toBe(base64(hash));
  return remoteConfigStatus;
}

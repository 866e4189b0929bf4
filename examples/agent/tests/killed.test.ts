import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type AgentToServer,
  ConnectionSettingsStatuses,
  instanceUidFromBytes,
  RemoteConfigStatuses,
  type ServerToAgentInit,
} from "@opamp/protocol";
import { createOpAMPServer } from "@opamp/server";
import { eventually } from "@opamp/test-kit";
import { expect, it, onTestFinished } from "vitest";

/** Processes take a while to start on a busy machine. */
const PATIENT = { timeoutMs: 20_000 };

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const remoteConfig = {
  config: { configMap: { "hostwatch.yaml": { body: bytes("interval: 7s\n") } } },
  configHash: bytes("c1"),
};

/** A server that remembers all messages, and answers each as told. */
async function startServer(answer: (message: AgentToServer) => ServerToAgentInit) {
  const messages: AgentToServer[] = [];
  const server = createOpAMPServer({
    capabilities: ["AcceptsStatus", "OffersRemoteConfig", "AcceptsEffectiveConfig"],
    callbacks: {
      onMessage(_connection, message) {
        messages.push(message);
        return answer(message);
      },
    },
  });
  const { port } = await server.listen({ port: 0, host: "127.0.0.1" });
  onTestFinished(() => server.close({ deadlineMs: 100 }));
  return { url: `ws://127.0.0.1:${port}/v1/opamp`, messages };
}

function startHostwatch(server: string, directory: string): ChildProcess {
  const main = join(import.meta.dirname, "../src/main.ts");
  const args = ["--conditions=@opamp/source", main, "--server", server, "--dir", directory];
  const child = spawn(process.execPath, args, { stdio: "ignore" });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

it("hostwatch, killed and started again, goes on with its uid, config and settings, and is offered nothing [C-106 C-116 C-149 C-204 L-13]", async () => {
  const directory = mkdtempSync(join(tmpdir(), "opamp-hostwatch-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const next = await startServer(() => ({}));
  const opamp = { destinationEndpoint: next.url };
  const old = await startServer(({ remoteConfigStatus }) =>
    remoteConfigStatus?.status === RemoteConfigStatuses.APPLIED
      ? { connectionSettings: { hash: bytes("s1"), opamp } }
      : { remoteConfig },
  );
  const first = startHostwatch(old.url, directory);
  const { APPLIED } = ConnectionSettingsStatuses;
  await eventually(() => {
    expect(next.messages.at(-1)?.connectionSettingsStatus?.status).toBe(APPLIED);
  }, PATIENT);
  first.kill("SIGKILL");
  await once(first, "exit");
  const [before] = next.messages;
  const oldMessages = old.messages.length;
  next.messages.length = 0;

  startHostwatch(old.url, directory);
  await eventually(() => {
    const files = next.messages.findLast((message) => message.effectiveConfig)?.effectiveConfig;
    const body = files?.configMap?.configMap["hostwatch.yaml"]?.body;
    expect(new TextDecoder().decode(body)).toContain("interval: 7s");
  }, PATIENT);
  const [again] = next.messages;
  expect(instanceUidFromBytes(again?.instanceUid ?? bytes(""))).toBe(
    instanceUidFromBytes(before?.instanceUid ?? bytes("-")),
  );
  expect(again?.remoteConfigStatus).toMatchObject({
    lastRemoteConfigHash: bytes("c1"),
    status: RemoteConfigStatuses.APPLIED,
  });
  expect(again?.connectionSettingsStatus).toMatchObject({
    lastConnectionSettingsHash: bytes("s1"),
    status: APPLIED,
  });
  expect(old.messages).toHaveLength(oldMessages);
}, 60_000);

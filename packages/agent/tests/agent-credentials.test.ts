import {
  type Connection,
  createAgentCredentials,
  createAgentTracker,
  createConnectionSettingsOffer,
  createMemoryCredentialStore,
  createOpAMPServer,
  identityOf,
  requireAny,
  requireBearer,
} from "@opamp/server";
import { eventually } from "@opamp/test-kit";
import { describe, expect, it, onTestFinished } from "vitest";
import { type Agent, createAgent } from "../src/index.ts";
import { temporaryDirectory } from "./_util/state-directory.ts";

const APPLIED = 1;

/** An HTTP agent polls once a second. */
const patient = { timeoutMs: 20_000 };

/** A server that gives each agent a token of its own. */
async function startFleet(scheme: "ws" | "http") {
  const credentials = createAgentCredentials({ store: createMemoryCredentialStore() });
  const names: (string | undefined)[] = [];
  const url = (): string => `${scheme}://127.0.0.1:${server.address?.port}/v1/opamp`;
  const tracker = createAgentTracker({
    async desired({ uid }) {
      const token = await credentials.offer(uid);
      if (token === undefined) return {};
      const headers = { headers: [{ key: "Authorization", value: `Bearer ${token}` }] };
      const opamp = { destinationEndpoint: url(), headers, heartbeatIntervalSeconds: 1n };
      return { connectionSettings: createConnectionSettingsOffer({ opamp }) };
    },
  });
  const onConnected = (connection: Connection): void =>
    void names.push(identityOf(connection)?.name);
  const server = createOpAMPServer({
    capabilities: tracker.capabilities,
    callbacks: {
      ...credentials.guard(tracker.callbacks),
      onConnected,
      onConnecting: requireAny(
        requireBearer({ verify: (token) => credentials.verify(token) }),
        requireBearer({ tokens: ["bootstrap"] }),
      ),
    },
  });
  await server.listen({ port: 0, host: "127.0.0.1" });
  return {
    credentials,
    tracker,
    names,
    serverUrl: url(),
    status: (uid: string) => tracker.agent(uid)?.parts.connectionSettingsStatus,
    async [Symbol.asyncDispose]() {
      await server.close({ deadlineMs: 500 });
      await tracker.close();
    },
  };
}

async function start(serverUrl: string, stateDirectory: string): Promise<Agent> {
  const agent = await createAgent({
    serverUrl,
    stateDirectory,
    description: { serviceName: "edge" },
    connectionSettings: {},
    headers: { Authorization: "Bearer bootstrap" },
    heartbeatIntervalMs: 100,
    timeouts: { stopMs: 500 },
  });
  onTestFinished(() => agent.stop());
  await agent.start();
  return agent;
}

describe.each(["ws", "http"] as const)("an agent with a token of its own, over %s", (scheme) => {
  it("gets it in exchange for the bootstrap token, keeps it over a restart, and takes the next [S-77 S-88 C-149]", {
    timeout: 60_000,
  }, async () => {
    await using fleet = await startFleet(scheme);
    const directory = temporaryDirectory();
    const first = await start(fleet.serverUrl, directory);
    const { instanceUid: uid } = first;
    await eventually(() => expect(fleet.status(uid)?.status).toBe(APPLIED), patient);
    expect(fleet.names[0]).toBeUndefined();
    expect(fleet.names.at(-1)).toBe(uid);
    await first.stop();

    fleet.names.length = 0;
    const second = await start(fleet.serverUrl, directory);
    await eventually(() => expect(fleet.names).toContain(uid), patient);
    expect(new Set(fleet.names)).toEqual(new Set([uid]));

    const before = fleet.status(uid)?.lastConnectionSettingsHash;
    await fleet.credentials.rotate(uid);
    await fleet.tracker.refresh(uid);
    await eventually(() => {
      expect(fleet.status(uid)).toMatchObject({ status: APPLIED });
      expect(fleet.status(uid)?.lastConnectionSettingsHash).not.toEqual(before);
    }, patient);
    expect(await fleet.credentials.offer(uid)).toBeUndefined();
    await second.stop();
  });
});

import { createServer } from "node:net";
import { exponentialBackoff } from "@opamp/client";
import type { OpAMPConnectionSettingsInit } from "@opamp/protocol";
import { type CertificateAuthority, createCertificateAuthority, eventually } from "@opamp/test-kit";
import { beforeAll, describe, expect, it } from "vitest";
import { type Agent, createAgent } from "../src/index.ts";
import {
  type Reception,
  ServerLog,
  type SettingsServer,
  startSettingsServer,
} from "./_util/settings-server.ts";
import { temporaryDirectory } from "./_util/state-directory.ts";

/** How long the agent tries new settings. */
const SWITCH_MS = 500;

let authority: CertificateAuthority;
let stranger: CertificateAuthority;
beforeAll(async () => {
  authority = await createCertificateAuthority("Fleet CA");
  stranger = await createCertificateAuthority("Another CA");
});

/** A port on which nothing listens. */
async function deadPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  if (typeof address !== "object" || address === null) throw new Error("no port");
  return address.port;
}

const headers = (value: string): Pick<OpAMPConnectionSettingsInit, "headers"> => ({
  headers: { headers: [{ key: "x-settings", value }] },
});

describe.each(["ws", "http"] as const)("an agent over %ss that is offered", (scheme) => {
  const log = (): ServerLog => new ServerLog();
  const start = async (reception: Reception, to: ServerLog, issuer = authority) =>
    startSettingsServer({
      name: reception,
      log: to,
      scheme,
      reception,
      tls: await issuer.issueServer(),
    });

  async function startAgent(server: SettingsServer, stateDirectory: string): Promise<Agent> {
    const agent = await createAgent({
      serverUrl: server.url,
      stateDirectory,
      description: { serviceName: "edge" },
      headers: { "x-settings": "given" },
      tls: { ca: authority.cert },
      heartbeatIntervalMs: 100,
      connectionSettings: {},
      retry: exponentialBackoff({ initialMs: 10, maxMs: 50 }),
      timeouts: { switchMs: SWITCH_MS, stopMs: 300 },
    });
    await agent.start();
    return agent;
  }

  it.each<readonly [string, Reception | "is dead", RegExp]>([
    ["a dead port", "is dead", /ECONNREFUSED|connection/],
    ["a server with the wrong CA", "answers", /certificate/],
    ["one that answers 401", "refuses with 401", /401/],
    ["one that accepts and drops", "drops", /./],
    ["one that says nothing", "says nothing", /did not answer .* within 500 ms/],
  ])(
    "%s is back on the old connection, with FAILED and the reason, as one agent [C-114 C-115 C-118 C-119 L-14 L-15]",
    async (_what, reception, reason) => {
      const seen = log();
      await using old = await start("answers", seen);
      const issuer = reception === "answers" ? stranger : authority;
      await using next = await start(reception === "is dead" ? "answers" : reception, seen, issuer);
      const url = reception === "is dead" ? `${scheme}s://127.0.0.1:${await deadPort()}` : next.url;
      await using agent = await startAgent(old, temporaryDirectory());
      await eventually(() => expect(agent.client.status.state).toBe("online"));
      old.want("v1", { opamp: { destinationEndpoint: url, ...headers("v1") } });
      await eventually(() => expect(old.told).toEqual(["APPLYING v1", "FAILED v1"]));
      expect(old.reason).toMatch(reason);
      expect(old.cameWith).toBe("given");
      expect(next.told).toEqual([]);
      expect([...seen.uids]).toEqual([agent.instanceUid]);
      expect(seen.mostOpen).toBe(1);
    },
  );

  it("a good one is on the new connection with APPLIED, as one agent, also after a restart [C-113 C-114 C-116 C-117 C-122 C-158 L-13 L-15]", async () => {
    const seen = log();
    const stateDirectory = temporaryDirectory();
    await using old = await start("answers", seen);
    await using next = await start("answers", seen);
    const first = await startAgent(old, stateDirectory);
    old.want("v1", { opamp: { destinationEndpoint: next.url, ...headers("v1") } });
    await eventually(() => expect(next.told).toEqual(["APPLYING v1", "APPLIED v1"]));
    expect(old.told).toEqual(["APPLYING v1"]);
    await first.stop();

    old.want(undefined);
    await using second = await startAgent(old, stateDirectory);
    await eventually(() => expect(second.client.status.serverCapabilities).toBeDefined());
    expect(next.cameWith).toBe("v1");
    expect(old.told).toEqual(["APPLYING v1"]);
    expect([...seen.uids]).toEqual([second.instanceUid]);
    expect(seen.mostOpen).toBe(1);
  });
});

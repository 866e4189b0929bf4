import {
  type ConnectionSettingsOffers,
  type ConnectionSettingsOffersInit,
  ConnectionSettingsStatuses,
} from "@opamp/protocol";
import { createCertificateAuthority } from "@opamp/test-kit";
import { describe, expect, it } from "vitest";
import {
  type ScriptedClient,
  type ScriptedClientOptions,
  startScriptedClient,
} from "./_util/scripted-client.ts";

const { FAILED } = ConnectionSettingsStatuses;
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const headers = { headers: [{ key: "a", value: "1" }] };
const endpoint = (name: string) => ({ destinationEndpoint: `https://otlp.example.com/${name}` });

/** An agent, and what reached it: one entry for each offer. */
async function start(
  options: ScriptedClientOptions = {},
): Promise<ScriptedClient & { readonly handed: readonly ConnectionSettingsOffers[] }> {
  const handed: ConnectionSettingsOffers[] = [];
  const agent = await startScriptedClient({
    capabilities: [
      "ReportsOwnMetrics",
      "ReportsOwnTraces",
      "ReportsOwnLogs",
      "AcceptsOtherConnectionSettings",
      "ReportsConnectionSettingsStatus",
    ],
    ...options,
    callbacks: { onConnectionSettings: (offers) => void handed.push(offers), ...options.callbacks },
  });
  return Object.assign(Object.create(agent) as ScriptedClient, {
    handed,
    [Symbol.asyncDispose]: () => agent[Symbol.asyncDispose](),
  });
}

let hashes = 0;
function offer(settings: ConnectionSettingsOffersInit) {
  hashes += 1;
  return { connectionSettings: { hash: Uint8Array.of(hashes), ...settings } };
}

describe("an offer for own telemetry", () => {
  it("comes with the classes that it leaves unchanged [C-109]", async () => {
    await using agent = await start();
    await agent.tell(offer({ ownMetrics: endpoint("m"), ownLogs: endpoint("l") }));
    await agent.tell(offer({ ownTraces: endpoint("t") }));
    expect(agent.handed[1]).toMatchObject({
      ownMetrics: endpoint("m"),
      ownTraces: endpoint("t"),
      ownLogs: endpoint("l"),
    });
  });

  it("replaces its class, but for TLS and proxy that it leaves out [A-22 C-158 C-165]", async () => {
    await using agent = await start();
    const [tls, proxy] = [{ minVersion: "1.3" }, { url: "proxy.example.com:3128" }];
    await agent.tell(offer({ ownMetrics: { ...endpoint("m"), headers, tls, proxy } }));
    await agent.tell(offer({ ownMetrics: endpoint("n") }));
    expect(agent.handed[1]?.ownMetrics).toMatchObject({ ...endpoint("n"), tls, proxy });
    expect(agent.handed[1]?.ownMetrics?.headers).toBeUndefined();
    expect(agent.handed[1]?.ownMetrics?.certificate).toBeUndefined();
  });

  it("builds on what earlier runs accepted [C-109]", async () => {
    await using agent = await start({
      acceptedConnectionSettings: { ownMetrics: endpoint("m") },
    });
    await agent.tell(offer({ ownTraces: endpoint("t") }));
    expect(agent.handed[0]).toMatchObject({
      ownMetrics: endpoint("m"),
      ownTraces: endpoint("t"),
    });
  });

  it("builds on nothing that failed, by the callback or by the agent's word [C-109]", async () => {
    let fails = true;
    const handed: ConnectionSettingsOffers[] = [];
    await using agent = await start({
      callbacks: {
        onConnectionSettings: (offers) => {
          handed.push(offers);
          if (fails) throw new Error("no exporter");
        },
      },
    });
    await agent.tell(offer({ ownMetrics: endpoint("m") }));
    fails = false;
    await agent.tell(offer({ ownLogs: endpoint("l") }));
    const lastConnectionSettingsHash = Uint8Array.of(hashes);
    agent.client.setConnectionSettingsStatus({ lastConnectionSettingsHash, status: FAILED });
    await agent.tell(offer({ ownTraces: endpoint("t") }));
    expect(handed[2]).toMatchObject({ ownTraces: endpoint("t") });
    expect(handed[2]?.ownMetrics).toBeUndefined();
    expect(handed[2]?.ownLogs).toBeUndefined();
  });

  it.each([
    ["own_metrics: destination_endpoint: is empty", { ownMetrics: { headers: {} } }],
    ["own_traces: destination_endpoint: ", { ownTraces: { destinationEndpoint: "grpc://a" } }],
    ["own_logs: headers: ", { ownLogs: { ...endpoint("l"), headers: { headers: [{ key: "" }] } } }],
    [
      "own_logs: tls.insecure_skip_verify: ",
      { ownLogs: { ...endpoint("l"), tls: { insecureSkipVerify: true } } },
    ],
    ["other_connections.db: proxy: ", { otherConnections: { db: { proxy: {} } } }],
    [
      "other_connections.db: certificate.cert: ",
      { otherConnections: { db: { certificate: { cert: utf8("x") } } } },
    ],
  ])("is refused because of %s [C-108 C-244 L-01]", async (problem, settings) => {
    await using agent = await start();
    const said = await agent.tell(offer({ ownMetrics: endpoint("m"), ...settings }));
    expect(said.at(-1)?.connectionSettingsStatus).toMatchObject({
      status: FAILED,
      errorMessage: expect.stringContaining(problem),
    });
    expect(agent.handed).toEqual([]);
  });

  it("is accepted when it names nowhere for telemetry to go, and nothing else", async () => {
    await using agent = await start();
    await agent.tell(offer({ ownMetrics: endpoint("m") }));
    await agent.tell(offer({ ownMetrics: {} }));
    expect(agent.handed[1]?.ownMetrics?.destinationEndpoint).toBe("");
  });

  it("may be refused in clear text [C-136]", async () => {
    const ownMetrics = { destinationEndpoint: "http://otlp.example.com/m" };
    await using open = await start();
    await open.tell(offer({ ownMetrics }));
    expect(open.handed).toHaveLength(1);
    await using strict = await start({
      connectionSettingsPolicy: { allowCleartextTelemetry: false },
    });
    const said = await strict.tell(offer({ ownMetrics }));
    expect(said.at(-1)?.connectionSettingsStatus?.status).toBe(FAILED);
    expect(strict.handed).toEqual([]);
  });
});

describe("an offer for other connections", () => {
  const db = {
    destinationEndpoint: "db:5432",
    headers,
    otherSettings: { user: "a" },
    tls: { minVersion: "1.3" },
    proxy: { url: "proxy.example.com:3128" },
  };

  it("changes only the fields that it sets [A-08 A-09 C-141 C-142 C-143 C-146]", async () => {
    const { cert, key } = await (await createCertificateAuthority()).issueClient("db");
    const certificate = { cert: utf8(cert), privateKey: utf8(key) };
    await using agent = await start();
    await agent.tell(offer({ otherConnections: { db: { ...db, certificate } } }));
    await agent.tell(offer({ otherConnections: { db: { otherSettings: { user: "b" } } } }));
    expect(agent.handed[1]?.otherConnections.db).toMatchObject({
      ...db,
      certificate,
      otherSettings: { user: "b" },
    });
    await agent.tell(offer({ otherConnections: { db: { destinationEndpoint: "db2:1" } } }));
    expect(agent.handed[2]?.otherConnections.db).toMatchObject({
      ...db,
      destinationEndpoint: "db2:1",
      otherSettings: { user: "b" },
    });
  });

  it("leaves connections alone that it does not name, and all when it is empty [C-140]", async () => {
    await using agent = await start();
    await agent.tell(offer({ otherConnections: { db, cache: { destinationEndpoint: "c" } } }));
    await agent.tell(offer({ otherConnections: { cache: { destinationEndpoint: "d" } } }));
    await agent.tell(offer({ ownMetrics: endpoint("m"), otherConnections: {} }));
    for (const handed of agent.handed.slice(1)) {
      expect(handed.otherConnections).toMatchObject({ db, cache: { destinationEndpoint: "d" } });
    }
    expect(agent.handed).toHaveLength(3);
  });
});

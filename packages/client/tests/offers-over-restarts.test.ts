import {
  type AgentToServer,
  type ConnectionSettingsOffersInit,
  ConnectionSettingsStatuses,
} from "@opamp/protocol";
import { describe, expect, it } from "vitest";
import type { ConnectionSettingsRecord, StartSettings } from "../src/index.ts";
import { refused } from "./_util/problems.ts";
import {
  createSwitchingClient,
  NEW,
  OLD,
  type SwitchingClient,
  startSwitchingClient,
} from "./_util/switching-client.ts";

const { APPLIED, APPLYING, FAILED } = ConnectionSettingsStatuses;

const capabilities = [
  "AcceptsOpAMPConnectionSettings",
  "ReportsConnectionSettingsStatus",
  "ReportsOwnMetrics",
  "ReportsOwnLogs",
  "ReportsHeartbeat",
] as const;

const hash = Uint8Array.of(1, 2, 3);
const ownMetrics = { destinationEndpoint: "https://otlp.example.com/v1/metrics" };
const ownLogs = { destinationEndpoint: "https://otlp.example.com/v1/logs" };
const opamp = { destinationEndpoint: NEW };

const said = (messages: readonly AgentToServer[]) =>
  messages.flatMap(({ connectionSettingsStatus: status }) => (status ? [status.status] : []));

/** A client that writes down, in one order, what it stores and what it hands over. */
function recording(settings: Partial<StartSettings> = {}) {
  const steps: string[] = [];
  const records: ConnectionSettingsRecord[] = [];
  const callbacks = {
    saveConnectionSettings: (record: ConnectionSettingsRecord) => {
      steps.push(record.stage);
      records.push(record);
    },
    saveConnectionSettingsStatus: ({ status }: { readonly status: number }) =>
      void steps.push(`status ${status}`),
    onConnectionSettings: (offers: ConnectionSettingsOffersInit) =>
      void steps.push(`handed ${Object.keys(parts(offers)).join()}`),
  };
  return { steps, records, settings: { capabilities, callbacks, ...settings } };
}

function parts({ ownMetrics: metrics, ownLogs: logs }: ConnectionSettingsOffersInit) {
  return { ...(metrics && { metrics }), ...(logs && { logs }) };
}

/** The old server offers this with its first answer. */
async function offered(
  offer: ConnectionSettingsOffersInit,
  settings: Partial<StartSettings>,
): Promise<SwitchingClient> {
  const agent = createSwitchingClient(settings);
  const old = agent.at(OLD);
  const connectionSettings = { hash, ...offer };
  old.answer = () => (old.messages.length === 1 ? { connectionSettings } : {});
  await agent.client.start();
  await agent.clock.settle();
  return agent;
}

describe("an offer for the OpAMP connection", () => {
  it("is stored before the server hears that it is being applied [C-111 C-112]", async () => {
    const stored = Promise.withResolvers<void>();
    await using agent = await offered(
      { opamp },
      { capabilities, callbacks: { saveConnectionSettings: () => stored.promise } },
    );
    expect(said(agent.at(OLD).messages)).toEqual([]);
    stored.resolve();
    await agent.clock.settle();
    expect(said(agent.at(OLD).messages)[0]).toBe(APPLYING);
    expect(said(agent.at(NEW).messages).at(-1)).toBe(APPLIED);
  });

  it("tells each status to be stored [C-117 C-119]", async () => {
    const good = recording();
    await using _good = await offered({ opamp, ownMetrics }, good.settings);
    expect(good.steps).toEqual([
      "candidate",
      `status ${APPLYING}`,
      "valid",
      "handed metrics",
      `status ${APPLIED}`,
    ]);
    const bad = recording();
    await using agent = await offered({ opamp: { destinationEndpoint: "x" } }, bad.settings);
    expect(bad.steps).toEqual([`status ${FAILED}`]);
    expect(said(agent.at(OLD).messages)).toEqual([FAILED]);
  });

  it("keeps what was offered beside it, merged, for a run that takes it up [C-109 C-128 L-14]", async () => {
    const first = recording({ acceptedConnectionSettings: { ownLogs } });
    const agent = await offered({ opamp, ownMetrics }, first.settings);
    await agent.stop();
    const [candidate] = first.records;
    expect(candidate?.others).toMatchObject({ ownMetrics, ownLogs });
    if (candidate === undefined) return;

    const second = recording({ candidateConnectionSettings: candidate });
    await using again = await startSwitchingClient(second.settings);
    expect(second.steps).toEqual([
      `status ${APPLYING}`,
      "valid",
      "handed metrics,logs",
      `status ${APPLIED}`,
    ]);
    expect(said(again.at(NEW).messages).at(-1)).toBe(APPLIED);
  });

  it("that was in force already is not tried again by the run that takes up the rest [C-128 L-14]", async () => {
    const run = recording({ candidateConnectionSettings: { hash, others: { ownMetrics } } });
    await using agent = await startSwitchingClient(run.settings);
    expect(run.steps).toEqual([`status ${APPLYING}`, "handed metrics", `status ${APPLIED}`]);
    expect(agent.at(OLD).messages[0]?.connectionSettingsStatus?.lastConnectionSettingsHash).toEqual(
      hash,
    );
    expect(said(agent.at(OLD).messages).at(-1)).toBe(APPLIED);
  });

  it("is FAILED as a whole when the settings of an interrupted one do not prove good [C-118 C-128 L-14]", async () => {
    const first = recording();
    const agent = await offered({ opamp, ownMetrics }, first.settings);
    await agent.stop();
    const [candidate] = first.records;
    if (candidate === undefined) throw new Error("nothing was stored");
    const second = recording({ candidateConnectionSettings: candidate });
    await using again = createSwitchingClient(second.settings);
    again.at(NEW).server.refuseNext(refused());
    await again.client.start();
    await again.clock.settle();
    expect(second.steps).toEqual([`status ${APPLYING}`, "dropped", `status ${FAILED}`]);
  });
});

describe("an offer of nothing but a heartbeat interval", () => {
  it("is stored as valid, so that the next run keeps to it [C-75 C-116]", async () => {
    const run = recording();
    await using agent = await offered({ opamp: { heartbeatIntervalSeconds: 7n } }, run.settings);
    expect(run.steps).toEqual(["valid", `status ${APPLIED}`]);
    expect(run.records[0]?.settings).toMatchObject({ serverUrl: OLD, heartbeatIntervalMs: 7000 });
    expect(agent.at(OLD).server.sessions).toHaveLength(1);
  });
});

import {
  type AgentToServerInit,
  bitsFromAgentCapabilities,
  bytesFromInstanceUid,
  createInstanceUid,
  type InstanceUid,
  type ServerToAgent,
} from "@opamp/protocol";
import {
  type AgentCredentialsOptions,
  type CredentialStore,
  createAgentCredentials,
  createAgentTracker,
  createConnectionSettingsOffer,
  identityOf,
  requireAny,
  requireBearer,
  type StoredCredentials,
} from "@opamp/server";
import { createFakeClock, eventually } from "@opamp/test-kit";
import { describe, expect, it } from "vitest";
import { connectAgent, type RawAgent } from "./_util/raw-agent.ts";
import { startServer } from "./_util/test-server.ts";
import { upgrade } from "./_util/upgrade.ts";

const BOOTSTRAP = "bootstrap-token";
const capabilities = bitsFromAgentCapabilities([
  "ReportsStatus",
  "AcceptsOpAMPConnectionSettings",
  "ReportsConnectionSettingsStatus",
]);

/** A store that a test can look into. */
function visibleStore() {
  const rows = new Map<InstanceUid, StoredCredentials>();
  const store: CredentialStore = {
    load: async (uid) => rows.get(uid),
    save: async (row) => void rows.set(row.instanceUid, row),
    delete: async (uid) => void rows.delete(uid),
  };
  return { rows, store };
}

interface FleetOptions extends Partial<AgentCredentialsOptions> {
  readonly isApproved?: (uid: InstanceUid) => boolean;
}

/** A server that gives each agent a token of its own. */
async function startFleet({ isApproved = () => true, ...options }: FleetOptions = {}) {
  const { rows, store } = visibleStore();
  const clock = createFakeClock();
  const credentials = createAgentCredentials({ store, clock, ...options });
  const tracker = createAgentTracker({
    async desired({ uid }) {
      const token = isApproved(uid) ? await credentials.offer(uid) : undefined;
      if (token === undefined) return {};
      const headers = { headers: [{ key: "Authorization", value: `Bearer ${token}` }] };
      const opamp = { destinationEndpoint: "wss://fleet.example.com/v1/opamp", headers };
      return { connectionSettings: createConnectionSettingsOffer({ opamp }) };
    },
  });
  const verify = (token: string) => credentials.verify(token);
  const onConnecting = requireAny(
    requireBearer({ verify }),
    requireBearer({ tokens: [BOOTSTRAP] }),
  );
  const running = await startServer({
    capabilities: tracker.capabilities,
    callbacks: { ...credentials.guard(tracker.callbacks), onConnecting },
  });
  return {
    ...running,
    rows,
    clock,
    credentials,
    tracker,
    connect: (token: string): Promise<RawAgent> => connectAgent(running.wsUrl, withToken(token)),
    status: async (token: string): Promise<number> =>
      (await upgrade(running.wsUrl, withToken(token))).status,
    async [Symbol.asyncDispose]() {
      await running[Symbol.asyncDispose]();
      await tracker.close();
    },
  };
}

const withToken = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

function tokenIn({ connectionSettings }: ServerToAgent): string {
  return connectionSettings?.opamp?.headers?.headers[0]?.value.replace("Bearer ", "") ?? "none";
}

/** The first message of an agent, which says all that there is to say. */
function report(uid: InstanceUid, more: AgentToServerInit = {}): AgentToServerInit {
  const instanceUid = bytesFromInstanceUid(uid);
  return { instanceUid, capabilities, agentDescription: {}, sequenceNum: 1n, ...more };
}

describe("an agent with bootstrap credentials", () => {
  it("is offered a token of its own with the first answer, stored before for its uid [S-76 S-88]", async () => {
    await using fleet = await startFleet();
    const uid = createInstanceUid();
    await using agent = await fleet.connect(BOOTSTRAP);
    agent.say(report(uid));
    await eventually(() => expect(fleet.rows.get(uid)?.offered).toBeDefined());
    const stored = fleet.rows.get(uid);
    const token = tokenIn(await agent.next());
    expect(token).toBe(stored?.offered?.token);
    expect(stored?.instanceUid).toBe(uid);
    await using again = await fleet.connect(token);
    expect((await again.ask(report(uid))).errorResponse).toBeUndefined();
    const [connection] = [...fleet.server.connections].slice(-1);
    expect(connection && identityOf(connection)).toMatchObject({ name: uid, instanceUid: uid });
    expect(JSON.stringify(fleet.rows.get(uid))).not.toContain(token);
  });

  it("is known by rows of a database, which have null for what is not there", async () => {
    const { rows, store } = visibleStore();
    const withNulls = ({ instanceUid, current, former, offered }: StoredCredentials): object => ({
      instanceUid,
      current: current ?? null,
      former: former ?? null,
      offered: offered ?? null,
    });
    const load = async (uid: InstanceUid) => {
      const row = rows.get(uid);
      return row === undefined ? null : (withNulls(row) as StoredCredentials);
    };
    await using fleet = await startFleet({ store: { ...store, load } });
    const uid = createInstanceUid();
    await using agent = await fleet.connect(BOOTSTRAP);
    const token = tokenIn(await agent.ask(report(uid)));
    await using again = await fleet.connect(BOOTSTRAP);
    expect((await again.ask(report(uid))).errorResponse).toBeUndefined();
    await using withOwn = await fleet.connect(token);
    expect((await withOwn.ask(report(uid))).errorResponse).toBeUndefined();
  });

  it("is offered one only once it is approved [S-87]", async () => {
    const approved = new Set<string>();
    await using fleet = await startFleet({ isApproved: (uid) => approved.has(uid) });
    const uid = createInstanceUid();
    await using agent = await fleet.connect(BOOTSTRAP);
    expect((await agent.ask(report(uid))).connectionSettings).toBeUndefined();
    expect(fleet.rows.size).toBe(0);
    approved.add(uid);
    expect(await fleet.tracker.refresh(uid)).toBe("sent");
    expect(tokenIn(await agent.next())).toBe(fleet.rows.get(uid)?.offered?.token);
  });

  it("speaks for no agent that has a token, until that is revoked", async () => {
    await using fleet = await startFleet({ overlapMs: 10_000 });
    const { uid } = await enrolled(fleet);
    await fleet.clock.advance(10_000);
    await using thief = await fleet.connect(BOOTSTRAP);
    const refused = await thief.ask(report(uid));
    expect(refused.errorResponse).toMatchObject({
      type: 1,
      errorMessage: "this agent has credentials of its own",
    });
    await fleet.credentials.revoke(uid);
    expect((await thief.ask(report(uid))).errorResponse).toBeUndefined();
  });

  it("may go back to them for a while, when it says that its first token failed [S-77]", async () => {
    await using fleet = await startFleet({ overlapMs: 10_000 });
    const { uid, token } = await enrolled(fleet);
    await using back = await fleet.connect(BOOTSTRAP);
    const connectionSettingsStatus = { status: 3, errorMessage: "no answer" };
    const answer = await back.ask(report(uid, { connectionSettingsStatus }));
    expect(answer.errorResponse).toBeUndefined();
    await fleet.clock.advance(20_000);
    expect((await back.ask(report(uid))).errorResponse).toBeUndefined();
    expect(await fleet.status(token)).toBe(401);
  });
});

/** An agent that came with the token it was offered, and left. */
async function enrolled(fleet: Awaited<ReturnType<typeof startFleet>>) {
  const uid = createInstanceUid();
  await using agent = await fleet.connect(BOOTSTRAP);
  const offered = await agent.ask(report(uid));
  const token = tokenIn(offered);
  const lastConnectionSettingsHash = offered.connectionSettings?.hash ?? new Uint8Array();
  const applied = { connectionSettingsStatus: { lastConnectionSettingsHash, status: 1 } };
  await using own = await fleet.connect(token);
  await own.ask(report(uid, applied));
  return { uid, token, applied };
}

describe("a token", () => {
  it("is good until the agent has come with the next one, and a while longer [S-77]", async () => {
    await using fleet = await startFleet({ overlapMs: 10_000 });
    const { uid, token: old } = await enrolled(fleet);
    await fleet.credentials.rotate(uid);
    const offered = fleet.rows.get(uid)?.offered?.token ?? "";
    await fleet.clock.advance(3_600_000);
    expect(await fleet.status(old)).toBe(101);
    // A connection without a message proves nothing to the agent.
    expect(await fleet.status(offered)).toBe(101);
    await fleet.clock.advance(20_000);
    expect(await fleet.status(old)).toBe(101);
    await using agent = await fleet.connect(offered);
    await agent.ask(report(uid));
    await fleet.clock.advance(9_999);
    expect(await fleet.status(old)).toBe(101);
    await fleet.clock.advance(1);
    expect(await fleet.status(old)).toBe(401);
    expect(await fleet.status(offered)).toBe(101);
  });

  it("stays good when the agent goes back to it and says that the new one failed [S-77]", async () => {
    await using fleet = await startFleet({ overlapMs: 10_000 });
    const { uid, token: old } = await enrolled(fleet);
    await fleet.credentials.rotate(uid);
    const offered = fleet.rows.get(uid)?.offered?.token ?? "";
    const tried = await fleet.connect(offered);
    await tried.ask(report(uid));
    await tried[Symbol.asyncDispose]();
    await using back = await fleet.connect(old);
    const connectionSettingsStatus = { status: 3, errorMessage: "no answer" };
    await back.ask(report(uid, { connectionSettingsStatus }));
    await fleet.clock.advance(20_000);
    expect(await fleet.status(old)).toBe(101);
    expect(await fleet.status(offered)).toBe(401);
  });

  it("stays good when it is replaced just as the agent comes with it [S-77]", async () => {
    await using fleet = await startFleet({ overlapMs: 10_000 });
    const { uid } = await enrolled(fleet);
    await fleet.credentials.rotate(uid);
    const first = fleet.rows.get(uid)?.offered?.token ?? "";
    await using agent = await fleet.connect(first);
    await fleet.credentials.rotate(uid);
    await agent.ask(report(uid));
    const second = fleet.rows.get(uid)?.offered?.token ?? "";
    await fleet.clock.advance(20_000);
    expect([await fleet.status(first), await fleet.status(second)]).toEqual([101, 101]);
  });

  it("is pushed to a connected agent after a rotation, and offered until it comes with it [S-76]", async () => {
    await using fleet = await startFleet();
    const { uid, token, applied } = await enrolled(fleet);
    await using agent = await fleet.connect(token);
    expect((await agent.ask(report(uid, applied))).connectionSettings).toBeUndefined();
    await fleet.credentials.rotate(uid);
    expect(await fleet.tracker.refresh(uid)).toBe("sent");
    const next = tokenIn(await agent.next());
    expect(await fleet.credentials.offer(uid)).toBe(next);
    await using renewed = await fleet.connect(next);
    await renewed.ask(report(uid));
    expect(await fleet.credentials.offer(uid)).toBeUndefined();
  });

  it("speaks for its own agent only", async () => {
    await using fleet = await startFleet();
    const { token } = await enrolled(fleet);
    await using agent = await fleet.connect(token);
    expect((await agent.ask(report(createInstanceUid()))).errorResponse?.type).toBe(1);
  });

  it("that is revoked is cut off, told to other destinations, and lets in no more [S-89 S-90]", async () => {
    const told: string[] = [];
    await using fleet = await startFleet({ onRevoked: (uid) => void told.push(uid) });
    const { uid, token } = await enrolled(fleet);
    await using agent = await fleet.connect(token);
    await agent.ask(report(uid));
    await fleet.credentials.revoke(uid);
    for (const connection of fleet.server.connections) {
      if (identityOf(connection)?.instanceUid === uid) await connection.disconnect(1008, "revoked");
    }
    expect(await agent.closed).toEqual({ code: 1008, reason: "revoked" });
    expect(await fleet.status(token)).toBe(401);
    expect(told).toEqual([uid]);
  });

  it("is not one that was made up", async () => {
    await using fleet = await startFleet();
    const { uid, token } = await enrolled(fleet);
    const secret = token.split(".")[1] ?? "";
    const other = createInstanceUid();
    for (const guess of [uid, `${uid}.`, `${uid}.${"A".repeat(43)}`, `${other}.${secret}`]) {
      expect(await fleet.status(guess)).toBe(401);
    }
  });

  it("is not kept where nobody said: without a store a restart would lock agents out", () => {
    expect(() => createAgentCredentials({} as AgentCredentialsOptions)).toThrow("needs a store");
  });
});

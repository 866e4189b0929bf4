import assert from "node:assert/strict";
import { AgentToServerFlags, type ServerToAgent, ServerToAgentFlags } from "@opamp/protocol";
import type { RawAgent } from "../../raw/raw-agent.ts";
import type { ServerCase } from "../../runner/conformance-case.ts";
import type { ServerCaseContext } from "../../runner/server-case-context.ts";
import { hex } from "../bytes.ts";
import { both } from "../transports.ts";
import { messageOf } from "./checks.ts";

const info = { side: "server", transports: both } as const;
const value = { value: { case: "stringValue", value: "conformance" } } as const;
const agentDescription = { identifyingAttributes: [{ key: "service.name", value }] };

/** Cases about what a server knows of its agents, and asks them for. */
export const trackingCases: readonly ServerCase[] = [
  {
    ...info,
    id: "server-asks-nothing-of-a-full-first-report",
    title: "does not ask for full state that the first message of an agent held",
    requirements: ["S-30"],
    async run(context) {
      const agent = await connect(context);
      assert.ok(!asks(messageOf(await agent.exchange({ agentDescription }))));
    },
  },
  {
    ...info,
    id: "server-asks-for-what-it-missed",
    title: "asks for full state when a sequence number shows that it missed a message",
    requirements: ["S-26", "S-27", "S-28"],
    async run(context) {
      for (const sequenceNum of [7n, 0n]) {
        const agent = await connect(context);
        await agent.exchange({ agentDescription, sequenceNum: 4n });
        assert.ok(!asks(messageOf(await agent.exchange({ sequenceNum: 5n }))));
        assert.ok(asks(messageOf(await agent.exchange({ sequenceNum }))), `5, then ${sequenceNum}`);
      }
    },
  },
  {
    ...info,
    id: "server-asks-an-agent-in-mid-life",
    title: "asks an unknown agent for its full state that does not say who it is",
    requirements: ["S-29"],
    async run(context) {
      const agent = await connect(context);
      assert.ok(asks(messageOf(await agent.exchange({ sequenceNum: 42n }))));
    },
  },
  {
    ...info,
    id: "server-asks-once",
    title: "asks no more once the full state has come",
    requirements: ["S-31"],
    async run(context) {
      const agent = await connect(context);
      assert.ok(asks(messageOf(await agent.exchange({ sequenceNum: 42n }))));
      assert.ok(!asks(messageOf(await agent.exchange({ agentDescription, sequenceNum: 43n }))));
      for (const sequenceNum of [44n, 45n]) {
        assert.ok(!asks(messageOf(await agent.exchange({ sequenceNum }))));
      }
    },
  },
  {
    ...info,
    id: "server-assigns-a-uid",
    title: "assigns another uid of 16 bytes to an agent that asks for one",
    requirements: ["S-21", "S-22"],
    async run(context) {
      const agent = await connect(context);
      const uid = await assignedUid(agent);
      assert.equal(uid.length, 16);
      assert.notEqual(hex(uid), hex(agent.instanceUid));
    },
  },
  {
    ...info,
    id: "server-assigns-a-uuid-v7",
    title: "assigns uids that are UUIDs v7",
    requirements: ["S-23"],
    async run(context) {
      const uid = await assignedUid(await connect(context));
      assert.equal((uid[6] ?? 0) >> 4, 7);
      assert.equal((uid[8] ?? 0) >> 6, 0b10);
    },
  },
  {
    ...info,
    id: "server-sends-nothing-that-is-not-declared",
    title: "offers nothing to an agent that can do nothing but report its status",
    requirements: ["S-149"],
    async run(context) {
      const agent = await connect(context);
      for (const message of [{ agentDescription }, {}, { health: { healthy: true } }]) {
        const answer = messageOf(await agent.exchange(message));
        const { command, connectionSettings, packagesAvailable, remoteConfig } = answer;
        const offers = { command, connectionSettings, packagesAvailable, remoteConfig };
        for (const [name, offer] of Object.entries(offers)) assert.equal(offer, undefined, name);
        assert.equal(answer.flags & ServerToAgentFlags.ReportAvailableComponents, 0n);
      }
    },
  },
];

async function connect(context: ServerCaseContext): Promise<RawAgent> {
  return (await context.start({ tracksAgents: true })).connect();
}

function asks({ flags }: ServerToAgent): boolean {
  return (flags & ServerToAgentFlags.ReportFullState) !== 0n;
}

async function assignedUid(agent: RawAgent): Promise<Uint8Array> {
  const flags = AgentToServerFlags.RequestInstanceUid;
  const answer = messageOf(await agent.exchange({ agentDescription, flags }));
  assert.ok(answer.agentIdentification, "no uid was assigned");
  return answer.agentIdentification.newInstanceUid;
}

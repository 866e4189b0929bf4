import assert from "node:assert/strict";
import { statusParts } from "@opamp/protocol";
import type { ClientCase } from "../../runner/conformance-case.ts";
import { utf8 } from "../bytes.ts";
import { both } from "../transports.ts";
import { everyPart } from "./parts.ts";
import {
  type ClientSession,
  processed,
  startSession,
  takeFullState,
  takeReport,
} from "./session.ts";

const info = { side: "client", transports: both } as const;

/** Cases about the report of everything. */
export const fullStateCases: readonly ClientCase[] = [
  {
    ...info,
    id: "client-reports-its-first-report-again-when-asked",
    title: "reports all that its first report held when full state is asked for",
    requirements: ["C-57", "C-58"],
    async run(context) {
      const { server, first } = await startSession(context);
      const state = await takeFullState(server);
      for (const part of statusParts) {
        assert.ok(state[part] || !first[part], `${part} is missing`);
      }
      assert.notEqual(state.capabilities, 0n);
    },
  },
  {
    ...info,
    id: "client-reports-full-state",
    title: "reports every part that it supports when full state is asked for",
    requirements: ["C-57", "W-25"],
    async run(context) {
      const { server, client } = await startSession(context, everyPart);
      client.setPackageStatuses({ errorMessage: "some" });
      await takeReport(server, "packageStatuses");
      await assertCompressed({ server, client });
      const state = await takeFullState(server);
      for (const part of statusParts) assert.ok(state[part], `${part} is missing`);
      assert.notEqual(state.capabilities, 0n);
    },
  },
  {
    ...info,
    id: "client-reports-full-state-unchanged",
    title: "reports its full state when asked, although nothing changed",
    requirements: ["C-58"],
    async run(context) {
      const { server, client, first } = await startSession(context, everyPart);
      await assertCompressed({ server, client });
      const state = await takeFullState(server);
      for (const part of ["agentDescription", "health", "remoteConfigStatus"] as const) {
        assert.deepEqual(state[part], first[part]);
      }
    },
  },
  {
    ...info,
    id: "client-reports-full-state-beside-an-offer",
    title: "reports its full state when asked in a message that offers something too",
    requirements: ["C-59"],
    async run(context) {
      const { server, client } = await startSession(context, everyPart);
      const newInstanceUid = new Uint8Array(16).fill(0x77);
      const remoteConfig = { configHash: utf8("second") };
      const nowMs = performance.now();
      await server.say({ flags: 1n, remoteConfig, agentIdentification: { newInstanceUid } });
      const { message } = await server.messages.take({
        where: (received) =>
          received.atMs > nowMs && received.message?.agentDescription !== undefined,
      });
      assert.equal(Buffer.compare(message?.instanceUid ?? newInstanceUid, newInstanceUid), 0);
      await client.events.take({
        what: "the offer at the application",
        where: (event) => event.kind === "message" && event.message.remoteConfig !== undefined,
      });
    },
  },
];

/** Fails unless the client reports a change alone, of its own accord. */
async function assertCompressed({ server, client }: Omit<ClientSession, "first">): Promise<void> {
  await processed({ server, client });
  client.setPackageStatuses({ errorMessage: "compressed" });
  const { message } = await server.messages.take({
    where: (received) => received.message?.packageStatuses?.errorMessage === "compressed",
  });
  assert.equal(message?.agentDescription, undefined);
}

import assert from "node:assert/strict";
import { ServerErrorResponseType, type ServerToAgentInit } from "@opamp/protocol";
import type { ClientCaseContext } from "../../runner/client-case-context.ts";
import type { ClientCase } from "../../runner/conformance-case.ts";
import { utf8 } from "../bytes.ts";
import { both } from "../transports.ts";
import {
  type ClientSession,
  messagesOf,
  processed,
  startSession,
  takeFullState,
  takeLaterMessage,
  takeReport,
} from "./session.ts";

const info = { side: "client", transports: both } as const;
const { Unknown, BadRequest } = ServerErrorResponseType;

/** A type that a later version of the protocol may define. */
const FUTURE = 9 as typeof Unknown;

/** Cases about errors that a server answers with. */
export const errorCases: readonly ClientCase[] = [
  {
    ...info,
    id: "client-acts-on-no-offer-beside-an-error",
    title: "does not act on an offer that comes with an error",
    requirements: ["C-216"],
    async run(context) {
      const { server, client } = await startSession(context, {
        capabilities: ["AcceptsRemoteConfig"],
      });
      const remoteConfig = { configHash: utf8("h"), config: { configMap: { f: {} } } };
      await server.say({ errorResponse: { type: Unknown }, remoteConfig });
      await client.events.take({ where: ({ kind }) => kind === "server-error" });
      await takeFullState(server);
      assert.ok(client.events.all.every(({ kind }) => kind !== "message"));
    },
  },
  ...[
    { name: "BAD_REQUEST", type: BadRequest, requirement: "C-217" as const },
    { name: "UNKNOWN", type: Unknown, requirement: "C-218" as const },
  ].map(
    ({ name, type, requirement }): ClientCase => ({
      ...info,
      id: `client-repeats-nothing-after-${name}`,
      title: `does not repeat a message that was answered with ${name}; later changes go out`,
      requirements: [requirement],
      async run(context) {
        const { server, client } = await answeredWith(context, { type });
        await client.events.take({ where: ({ kind }) => kind === "server-error" });
        client.setPackageStatuses({ errorMessage: "later" });
        await takeReport(server, "packageStatuses");
        const repeats = messagesOf(server).filter(({ health }) => health?.status === "refused");
        assert.equal(repeats.length, 1);
      },
    }),
  ),
  {
    ...info,
    id: "client-goes-on-after-future-errors",
    title: "goes on after an error of a type that it does not know",
    requirements: ["C-219"],
    async run(context) {
      const { server } = await startSession(context);
      await server.say({ errorResponse: { type: FUTURE } });
      await takeFullState(server);
    },
  },
  {
    ...info,
    id: "client-takes-an-empty-error-for-an-error",
    title: "takes an error_response without content for an error",
    requirements: ["W-65"],
    async run(context) {
      const { client } = await answeredWith(context, {});
      const event = await client.events.take({ where: ({ kind }) => kind === "server-error" });
      assert.deepEqual(event, { kind: "server-error", type: Unknown });
    },
  },
  {
    ...info,
    id: "client-takes-future-errors-for-unknown",
    title: "takes an error of a type that it does not know like UNKNOWN, and goes on",
    requirements: ["C-219"],
    async run(context) {
      const { server, client } = await answeredWith(context, { type: FUTURE });
      await client.events.take({ where: ({ kind }) => kind === "server-error" });
      await takeFullState(server);
      assert.ok(server.sockets.all.length <= 1);
    },
  },
  {
    ...info,
    id: "client-survives-replies-without-uid",
    title: "takes a reply without a uid for a failed exchange, and goes on",
    requirements: ["L-03"],
    async run(context) {
      const session = await startSession(context);
      const { server } = session;
      const later = takeLaterMessage(server);
      await server.say({ instanceUid: new Uint8Array(), flags: 1n });
      await later;
      await processed(session);
    },
  },
];

/** A session whose report of a new health was answered with an error. */
async function answeredWith(
  context: ClientCaseContext,
  errorResponse: NonNullable<ServerToAgentInit["errorResponse"]>,
): Promise<ClientSession> {
  const server = await context.serve();
  const client = await context.start(server, {
    capabilities: ["ReportsHealth", "ReportsPackageStatuses"],
    health: { healthy: false, status: "refused" },
    ...(context.transport === "http" && { intervalMs: 30 }),
  });
  server.onNextMessages({ kind: "answer", message: { errorResponse, capabilities: 0n } });
  return { server, client, first: await takeReport(server, "health") };
}

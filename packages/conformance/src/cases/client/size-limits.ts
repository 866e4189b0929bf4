import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import {
  type AgentConfigMapInit,
  CloseCode,
  encodeServerToAgent,
  type ServerToAgentInit,
} from "@opamp/protocol";
import type { ClientCaseContext } from "../../runner/client-case-context.ts";
import type { ClientCase } from "../../runner/conformance-case.ts";
import { both, overHttp, overWebSocket } from "../transports.ts";
import { probe, probesOf, takeProbe, withProbe } from "./probe.ts";
import {
  type ClientSession,
  processed,
  startSession,
  takeFullState,
  takeLaterMessage,
  takeMessage,
  takeReport,
} from "./session.ts";

const onWebSocket = { side: "client", transports: overWebSocket } as const;
const onHttp = { side: "client", transports: overHttp } as const;
const limitBytes = 4096;

const limited = {
  ...withProbe,
  instanceUid: new Uint8Array(16).fill(7),
  capabilities: ["ReportsHealth"],
  health: { healthy: true },
  maxReceiveBytes: limitBytes,
} as const;

/** Something to process that takes `sizeBytes` bytes and compresses well. */
function bigProbe(sizeBytes: number): ServerToAgentInit {
  return { customMessage: { ...probe("big").customMessage, data: new Uint8Array(sizeBytes) } };
}

/** Cases about the size of what a client receives. */
export const receivedSizeCases: readonly ClientCase[] = [
  {
    ...onWebSocket,
    id: "client-limits-inflated-frames",
    title: "refuses a message that is too large only once it is decompressed",
    requirements: ["C-05", "L-02"],
    async run(context) {
      const { server, client } = await startSession(
        context,
        { ...withProbe, maxReceiveBytes: limitBytes, compression: true },
        { deflate: true },
      );
      const extensions = server.upgrades.all[0]?.headers["sec-websocket-extensions"];
      assert.match(String(extensions), /permessage-deflate/);
      await server.say(bigProbe(8 * 1024 * 1024));
      await takeLaterMessage(server);
      await assertOnlyProper({ server, client });
    },
  },
  {
    ...onWebSocket,
    id: "client-processes-no-oversized-frames",
    title: "does not process a message above its limit",
    requirements: ["C-06"],
    async run(context) {
      const { server, client } = await startSession(context, {
        ...withProbe,
        maxReceiveBytes: limitBytes,
      });
      await server.say(bigProbe(2 * limitBytes));
      await takeLaterMessage(server);
      await assertOnlyProper({ server, client });
    },
  },
  {
    ...onWebSocket,
    id: "client-closes-with-1009",
    title: "closes with 1009 on a message above its limit, and reconnects",
    requirements: ["C-07"],
    async run(context) {
      const { server } = await startSession(context, { maxReceiveBytes: limitBytes });
      const socket = await server.sockets.take();
      await server.say(bigProbe(2 * limitBytes));
      assert.equal((await socket.closed).code, CloseCode.MessageTooBig);
      await server.sockets.take({ what: "a new WebSocket" });
    },
  },
  {
    ...onHttp,
    id: "client-limits-inflated-responses",
    title: "refuses a response that is too large only once it is decompressed",
    requirements: ["C-22", "L-02"],
    async run(context) {
      const settings = { ...withProbe, compression: true, maxReceiveBytes: limitBytes };
      const { server, client, first } = await startSession(context, settings);
      const body = gzipSync(response(first.instanceUid, 8 * 1024 * 1024));
      server.onNextMessages({
        kind: "bytes",
        bytes: body,
        headers: { "content-encoding": "gzip" },
      });
      for (let polls = 0; polls < 3; polls += 1) await takeMessage(server);
      await assertOnlyProper({ server, client });
    },
  },
  {
    ...onHttp,
    id: "client-fails-on-oversized-responses",
    title: "takes an exchange with a response above its limit for failed, and reports again",
    requirements: ["C-23", "L-08"],
    async run(context) {
      const server = await context.serve();
      const bytes = response(limited.instanceUid, 2 * limitBytes);
      server.onNextMessages({ kind: "bytes", bytes });
      await context.start(server, limited);
      await takeReport(server, "health");
      await takeReport(server, "health");
    },
  },
  {
    ...onHttp,
    id: "client-processes-no-oversized-responses",
    title: "does not process a response above its limit",
    requirements: ["C-24"],
    async run(context) {
      const { server, client } = await oversizedResponse(context);
      for (let polls = 0; polls < 3; polls += 1) await takeMessage(server);
      await assertOnlyProper({ server, client });
    },
  },
  {
    ...onHttp,
    id: "client-reports-oversized-responses",
    title: "reports a response above its limit to the application",
    requirements: ["C-25"],
    async run(context) {
      const { client } = await oversizedResponse(context);
      await client.events.take({
        what: "the news of a failed exchange",
        where: ({ kind }) => kind === "error" || kind === "connect-failed",
      });
    },
  },
];

/** Cases about the size of what a client sends. */
export const sentSizeCases: readonly ClientCase[] = [
  ...([overWebSocket, overHttp] as const).flatMap((transports): readonly ClientCase[] => {
    const [transport] = transports;
    const [before, never, recorded] =
      transport === "websocket"
        ? (["C-08", "C-09", "C-10"] as const)
        : (["C-26", "C-27", "C-28"] as const);
    return [
      {
        side: "client",
        transports,
        id: `client-limits-before-compression-on-${transport}`,
        title: "measures a message before it is compressed",
        requirements: [before],
        async run(context) {
          const { server } = await startOversized(context, { compression: true });
          const state = await takeFullState(server);
          assert.equal(state.effectiveConfig, undefined);
        },
      },
      {
        side: "client",
        transports,
        id: `client-sends-nothing-oversized-on-${transport}`,
        title: "sends no message above its limit, and stays usable",
        requirements: [never],
        async run(context) {
          const { server } = await startOversized(context);
          await takeFullState(server);
          const sizes = server.messages.all.map(({ bytes }) => bytes.length);
          assert.ok(Math.max(...sizes) <= limitBytes, `a message has ${Math.max(...sizes)} bytes`);
        },
      },
      {
        side: "client",
        transports,
        id: `client-reports-what-it-drops-on-${transport}`,
        title: "reports what is too large to be sent to the application",
        requirements: [recorded],
        async run(context) {
          const { client } = await startOversized(context);
          await client.events.take({
            what: "an error of the code message-too-large",
            where: (event) => event.kind === "error" && event.code === "message-too-large",
          });
        },
      },
    ];
  }),
  {
    ...onHttp,
    id: "client-repeats-nothing-after-413",
    title: "does not repeat a request that was answered with 413",
    requirements: ["C-21"],
    async run(context) {
      const settings = { capabilities: ["ReportsHealth"], health: { healthy: true } } as const;
      const { server, client } = await startSession(context, settings);
      await takeMessage(server);
      const seen = server.requests.all.length;
      server.onNextAttempts({ kind: "status", status: 413 });
      client.setHealth({ healthy: false, status: "too large" });
      const refused = await server.requests.take({
        where: ({ received }) => received.message?.health?.status === "too large",
      });
      for (let polls = 0; polls < 3; polls += 1) await takeLaterMessage(server);
      const later = server.requests.all.slice(seen).filter((request) => request !== refused);
      assert.ok(later.every(({ received }) => received.message?.health === undefined));
    },
  },
  {
    side: "client",
    transports: both,
    id: "client-limit-is-configurable",
    title: "sends a message of less than the limit it is told, and none of more",
    requirements: ["W-17"],
    async run(context) {
      const settings = effectiveConfigOf(limitBytes - 1024);
      const { server, first } = await startSession(context, {
        ...settings,
        maxSendBytes: limitBytes,
      });
      if (first.effectiveConfig === undefined) await takeReport(server, "effectiveConfig");
      const larger = await startSession(context, { ...settings, maxSendBytes: limitBytes - 2048 });
      await processed(larger);
      assert.equal((await takeFullState(larger.server)).effectiveConfig, undefined);
    },
  },
];

/** Fails unless a probe within the limit, and no other, reaches the application. */
async function assertOnlyProper({ server, client }: Omit<ClientSession, "first">): Promise<void> {
  await server.say(probe("proper"));
  await takeProbe(client);
  assert.deepEqual(probesOf(client), ["proper"]);
}

function response(instanceUid: Uint8Array, sizeBytes: number): Uint8Array {
  return encodeServerToAgent({ instanceUid, ...bigProbe(sizeBytes) });
}

async function oversizedResponse(context: ClientCaseContext): Promise<ClientSession> {
  const session = await startSession(context, limited);
  const bytes = response(session.first.instanceUid, 2 * limitBytes);
  session.server.onNextMessages({ kind: "bytes", bytes });
  return session;
}

function effectiveConfigOf(sizeBytes: number): {
  readonly capabilities: readonly ["ReportsEffectiveConfig"];
  readonly effectiveConfig: () => AgentConfigMapInit;
} {
  const body = new Uint8Array(sizeBytes).fill(32);
  return {
    capabilities: ["ReportsEffectiveConfig"],
    effectiveConfig: () => ({ configMap: { "": { body } } }),
  };
}

function startOversized(
  context: ClientCaseContext,
  settings: { readonly compression?: boolean } = {},
): Promise<ClientSession> {
  const oversized = effectiveConfigOf(2 * limitBytes);
  return startSession(
    context,
    { ...oversized, ...settings, maxSendBytes: limitBytes },
    { deflate: true },
  );
}

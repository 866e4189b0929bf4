import assert from "node:assert/strict";
import { ServerErrorResponseType } from "@opamp/protocol";
import { fieldNumbers } from "../../raw/wire.ts";
import type { ServerCase } from "../../runner/conformance-case.ts";
import { hex, utf8 } from "../bytes.ts";
import { both, overWebSocket } from "../transports.ts";
import { errorOf, messageOf } from "./checks.ts";

const info = { side: "server", transports: both } as const;

/** Cases about the answer that each message gets. */
export const answerCases: readonly ServerCase[] = [
  {
    ...info,
    id: "server-answers-each-message",
    title: "answers each message with a message",
    requirements: ["S-34"],
    async run(context) {
      const agent = await (await context.start()).connect();
      const health = { healthy: true };
      const customMessage = { capability: "org.example", type: "t", data: utf8("x") };
      for (const message of [{}, { health }, { customMessage }, {}]) {
        messageOf(await agent.exchange(message));
      }
    },
  },
  {
    ...info,
    id: "server-answers-heartbeats",
    title: "answers a heartbeat",
    requirements: ["S-53"],
    async run(context) {
      const agent = await (await context.start()).connect();
      await agent.exchange({ agentDescription: {} });
      messageOf(await agent.exchange());
    },
  },
  {
    ...info,
    transports: overWebSocket,
    id: "server-answers-bare",
    title: "answers with the uid alone when there is nothing to say",
    requirements: ["S-35", "S-47"],
    async run(context) {
      const agent = await (await context.start()).connect();
      await agent.exchange();
      const { encoded } = await agent.exchange();
      assert.deepEqual(fieldNumbers(encoded), [1]);
    },
  },
  {
    ...info,
    id: "server-echoes-uid",
    title: "echoes the uid of the message",
    requirements: ["S-24", "L-27"],
    async run(context) {
      const server = await context.start();
      for (const agent of [await server.connect(), await server.connect()]) {
        const answer = await agent.exchange();
        assert.equal(hex(messageOf(answer).instanceUid), hex(agent.instanceUid));
      }
    },
  },
  {
    ...info,
    id: "server-echoes-uid-when-it-assigns-one",
    title: "echoes the old uid in the answer that assigns a new one",
    requirements: ["S-24"],
    async run(context) {
      const server = await context.start();
      const agent = await server.connect();
      const newInstanceUid = Uint8Array.from(agent.instanceUid, (byte) => byte ^ 1);
      const message = { agentIdentification: { newInstanceUid } };
      server.application.onNextMessages({ kind: "answer", message });
      const answer = messageOf(await agent.exchange());
      assert.equal(hex(answer.instanceUid), hex(agent.instanceUid));
      assert.equal(hex(answer.agentIdentification?.newInstanceUid), hex(newInstanceUid));
    },
  },
  {
    ...info,
    id: "server-answers-with-no-foreign-uid",
    title: "answers with the uid of the message even when its application names another",
    requirements: ["S-155"],
    async run(context) {
      const server = await context.start();
      const agent = await server.connect();
      const instanceUid = Uint8Array.from(agent.instanceUid, (byte) => byte ^ 1);
      const message = { instanceUid, flags: 1n };
      server.application.onNextMessages({ kind: "answer", message });
      const answer = messageOf(await agent.exchange());
      assert.ok(answer.flags === 1n || answer.errorResponse);
      assert.equal(hex(answer.instanceUid), hex(agent.instanceUid));
    },
  },
  ...(["throw", "reject"] as const).map(
    (kind): ServerCase => ({
      ...info,
      id: `server-reports-failure-by-${kind}`,
      title: `answers with an error when processing fails by ${kind}`,
      requirements: ["S-36"],
      async run(context) {
        const server = await context.start();
        const agent = await server.connect();
        server.application.onNextMessages({ kind });
        errorOf(await agent.exchange());
      },
    }),
  ),
  {
    ...info,
    id: "server-reports-unexplained-failure-as-unknown",
    title: "gives an unexplained failure the type UNKNOWN",
    requirements: ["S-125"],
    async run(context) {
      const server = await context.start();
      const agent = await server.connect();
      server.application.onNextMessages({ kind: "throw" });
      assert.equal(errorOf(await agent.exchange()).type, ServerErrorResponseType.Unknown);
    },
  },
  {
    ...info,
    id: "server-reports-no-error-on-success",
    title: "answers without an error when processing succeeds, also after a failure",
    requirements: ["S-37"],
    async run(context) {
      const server = await context.start();
      const agent = await server.connect();
      server.application.onNextMessages({ kind: "throw" });
      errorOf(await agent.exchange());
      const answer = messageOf(await agent.exchange({ health: { healthy: true } }));
      assert.equal(answer.errorResponse, undefined);
    },
  },
  {
    ...info,
    id: "server-serves-on-while-its-application-hangs",
    title: "answers other agents while its application never comes to an end with one",
    requirements: ["L-07"],
    async run(context) {
      const server = await context.start();
      const stuck = await server.connect();
      server.application.onNextMessages({ kind: "hang" });
      // It ends with the connection, unanswered.
      stuck.exchange().catch(() => {});
      await server.application.delivered.take();
      messageOf(await (await server.connect()).exchange());
    },
  },
  {
    ...info,
    id: "server-answers-copies",
    title: "answers each copy of a repeated message",
    requirements: ["S-32", "S-128"],
    async run(context) {
      const agent = await (await context.start()).connect();
      const copy = agent.encode();
      for (const answer of [await agent.exchangeBytes(copy), await agent.exchangeBytes(copy)]) {
        assert.equal(messageOf(answer).errorResponse, undefined);
      }
    },
  },
];

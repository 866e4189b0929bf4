import assert from "node:assert/strict";
import { fieldNumbers } from "../../raw/wire.ts";
import type { ServerCase } from "../../runner/conformance-case.ts";
import { hex } from "../bytes.ts";
import { overHttp } from "../transports.ts";
import { assertDelivered, messageOf } from "./checks.ts";

const info = { side: "server", transports: overHttp } as const;

/** Cases about plain HTTP. */
export const httpCases: readonly ServerCase[] = [
  {
    ...info,
    id: "server-response-has-no-header",
    title: "responds with a message that starts at the first byte of the body",
    requirements: ["W-18"],
    async run(context) {
      const agent = await (await context.start()).connect();
      const { encoded } = await agent.exchange();
      assert.equal(fieldNumbers(encoded)[0], 1);
    },
  },
  {
    ...info,
    id: "server-answers-each-request",
    title: "answers each of several requests at once with one message, to its own agent",
    requirements: ["S-09"],
    async run(context) {
      const server = await context.start();
      const agents = await Promise.all(Array.from({ length: 5 }, () => server.connect()));
      const answers = await Promise.all(agents.map((agent) => agent.exchange()));
      assert.deepEqual(
        answers.map((answer) => hex(messageOf(answer).instanceUid)),
        agents.map((agent) => hex(agent.instanceUid)),
      );
    },
  },
  {
    ...info,
    id: "server-needs-no-uid-header",
    title: "takes the uid from the body when the OpAMP-Instance-UID header is missing",
    requirements: ["S-12"],
    async run(context) {
      const server = await context.start();
      const agent = await server.connect();
      const answer = await agent.exchange();
      assert.equal(hex(messageOf(answer).instanceUid), hex(agent.instanceUid));
      assertDelivered(server, 1);
    },
  },
  {
    ...info,
    id: "server-response-content-type",
    title: "responds with exactly the content type application/x-protobuf",
    requirements: ["L-27"],
    async run(context) {
      const server = await context.start();
      const agent = await server.connect();
      const { headers } = await server.post(agent.encode());
      assert.equal(headers["content-type"], "application/x-protobuf");
    },
  },
  {
    ...info,
    id: "server-forgets-no-agent-with-its-tcp-connection",
    title: "gives the TCP connection of a request no meaning of its own",
    requirements: ["W-20"],
    async run(context) {
      const server = await context.start();
      const agent = await server.connect();
      messageOf(await agent.exchange());
      messageOf(await agent.exchange());
      const goodbyes = server.application.events.all.filter(
        (event) => event.kind === "disconnected" && event.agentDisconnect,
      );
      assert.deepEqual(goodbyes, []);
    },
  },
];

import assert from "node:assert/strict";
import { encodeAgentToServer } from "@opamp/protocol";
import { concat, lengthDelimited, withUnknownField } from "../../raw/wire.ts";
import type { ServerCase } from "../../runner/conformance-case.ts";
import { hex } from "../bytes.ts";
import { both } from "../transports.ts";
import { messageOf } from "./checks.ts";

const info = { side: "server", transports: both } as const;

/** Cases about peers of another version. */
export const compatibilityCases: readonly ServerCase[] = [
  {
    ...info,
    id: "server-skips-unknown-fields",
    title: "skips an unknown field of a message and processes the others",
    requirements: ["W-15"],
    async run(context) {
      const server = await context.start();
      const agent = await server.connect();
      const encoded = withUnknownField(agent.encode({ health: { healthy: true } }));
      assert.equal(messageOf(await agent.exchangeBytes(encoded)).errorResponse, undefined);
      assert.equal((await server.application.delivered.take()).health?.healthy, true);
    },
  },
  {
    ...info,
    id: "server-answers-unknown-fields",
    title: "answers a message with an unknown field without an error",
    requirements: ["W-15"],
    async run(context) {
      const agent = await (await context.start()).connect();
      const answer = messageOf(await agent.exchangeBytes(withUnknownField(agent.encode())));
      assert.equal(answer.errorResponse, undefined);
      assert.equal(hex(answer.instanceUid), hex(agent.instanceUid));
    },
  },
  {
    ...info,
    id: "server-skips-unknown-nested-fields",
    title: "skips an unknown field inside a status part and processes the others",
    requirements: ["W-76"],
    async run(context) {
      const server = await context.start();
      const agent = await server.connect();
      const HEALTH = 5;
      // The health alone, without the tag and length that it has as a field.
      const health = encodeAgentToServer({ health: { healthy: true, status: "up" } }).subarray(2);
      const encoded = concat(agent.encode(), lengthDelimited(HEALTH, withUnknownField(health)));
      assert.equal(messageOf(await agent.exchangeBytes(encoded)).errorResponse, undefined);
      const delivered = (await server.application.delivered.take()).health;
      assert.deepEqual([delivered?.healthy, delivered?.status], [true, "up"]);
    },
  },
];

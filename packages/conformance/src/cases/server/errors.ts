import assert from "node:assert/strict";
import { ServerErrorResponseType, type ServerToAgentInit } from "@opamp/protocol";
import { concat, fieldNumbers } from "../../raw/wire.ts";
import type { ServerCase } from "../../runner/conformance-case.ts";
import { both, overHttp, overWebSocket } from "../transports.ts";
import { assertBadRequest, errorOf, messageOf } from "./checks.ts";

const info = { side: "server", transports: both } as const;
const garbage = Uint8Array.of(0xff, 0xff, 0xff, 0xff);

/** What an application might add to an error by mistake. */
const offers: ServerToAgentInit = {
  remoteConfig: { configHash: Uint8Array.of(1) },
  flags: 1n,
  capabilities: 1n,
};

/** Cases about errors and throttling. */
export const errorCases: readonly ServerCase[] = [
  {
    ...info,
    id: "server-answers-malformed-messages",
    title: "answers bytes that are no message with an error",
    requirements: ["S-121"],
    async run(context) {
      const agent = await (await context.start()).connect();
      errorOf(await agent.exchangeBytes(garbage));
    },
  },
  {
    ...info,
    id: "server-answers-malformed-messages-with-bad-request",
    title: "answers bytes that are no message with the type BAD_REQUEST",
    requirements: ["S-122"],
    async run(context) {
      const agent = await (await context.start()).connect();
      assertBadRequest(await agent.exchangeBytes(garbage));
    },
  },
  {
    ...info,
    transports: overWebSocket,
    id: "server-answers-other-headers-with-bad-request",
    title: "answers a frame whose header is not 0 with the type BAD_REQUEST",
    requirements: ["S-122"],
    async run(context) {
      const agent = await (await context.start()).connectWebSocket();
      await agent.socket.send(concat(Uint8Array.of(1), agent.encode()));
      assertBadRequest(await agent.socket.received.take({ what: "an answer to the frame" }));
    },
  },
  {
    ...info,
    id: "server-says-what-is-malformed",
    title: "says in words what is wrong with bytes that are no message",
    requirements: ["S-123", "L-27"],
    async run(context) {
      const agent = await (await context.start()).connect();
      assert.notEqual(errorOf(await agent.exchangeBytes(garbage)).errorMessage, "");
    },
  },
  {
    ...info,
    id: "server-answers-on-after-malformed-messages",
    title: "answers the next message as if nothing had happened",
    requirements: ["S-37"],
    async run(context) {
      const agent = await (await context.start()).connect();
      errorOf(await agent.exchangeBytes(garbage));
      assert.equal(messageOf(await agent.exchange()).errorResponse, undefined);
    },
  },
  {
    ...info,
    id: "server-sends-errors-alone",
    title: "sends nothing but the uid along with an error",
    requirements: ["S-120"],
    async run(context) {
      const server = await context.start({ customCapabilities: ["org.example"] });
      const agent = await server.connect();
      server.application.onNextMessages({ kind: "throw" });
      assert.deepEqual(fieldNumbers((await agent.exchange()).encoded), [1, 2]);
    },
  },
  {
    ...info,
    id: "server-sends-bad-requests-alone",
    title: "sends nothing else along with the error that answers bytes that are no message",
    requirements: ["S-120"],
    async run(context) {
      const agent = await (await context.start()).connect();
      const { encoded, message } = await agent.exchangeBytes(garbage);
      errorOf({ message });
      const others = fieldNumbers(encoded).filter((field) => field !== 1 && field !== 2);
      assert.deepEqual(others, []);
    },
  },
  {
    ...info,
    id: "server-strips-errors-of-offers",
    title: "leaves out what its application adds to an error",
    requirements: ["S-150"],
    async run(context) {
      const server = await context.start();
      const agent = await server.connect();
      const message = { ...offers, errorResponse: { type: ServerErrorResponseType.Unknown } };
      server.application.onNextMessages({ kind: "answer", message });
      assert.deepEqual(fieldNumbers((await agent.exchange()).encoded), [1, 2]);
    },
  },
  {
    ...info,
    id: "server-sends-commands-alone",
    title: "sends nothing but uid and capabilities along with a command",
    requirements: ["S-116", "S-151"],
    async run(context) {
      const server = await context.start();
      const agent = await server.connect();
      const { flags, remoteConfig } = offers;
      const message = { command: {}, flags, remoteConfig };
      server.application.onNextMessages({ kind: "answer", message });
      const { encoded } = await agent.exchange({ capabilities: 0x401n });
      const fields = fieldNumbers(encoded);
      assert.deepEqual(
        fields.filter((field) => field !== 7),
        [1, 9],
      );
    },
  },
  {
    ...info,
    id: "server-gives-retry-info-to-unavailable-only",
    title: "gives no retry_info with BAD_REQUEST and UNKNOWN",
    requirements: ["W-66"],
    async run(context) {
      const server = await context.start();
      const agent = await server.connect();
      server.application.onNextMessages({ kind: "throw" });
      assert.equal(errorOf(await agent.exchange()).Details.case, undefined);
    },
  },
  {
    ...info,
    id: "server-gives-no-retry-info-with-bad-requests",
    title: "gives no retry_info with the error that answers bytes that are no message",
    requirements: ["W-66"],
    async run(context) {
      const agent = await (await context.start()).connect();
      assert.equal(errorOf(await agent.exchangeBytes(garbage)).Details.case, undefined);
    },
  },
  {
    ...info,
    id: "server-answers-unavailable",
    title: "answers UNAVAILABLE when its application is overloaded",
    requirements: ["S-130"],
    async run(context) {
      assert.equal((await unavailable(context, {})).type, ServerErrorResponseType.Unavailable);
    },
  },
  {
    ...info,
    id: "server-says-when-to-come-back",
    title: "says with UNAVAILABLE in how many nanoseconds to come back",
    requirements: ["S-131"],
    async run(context) {
      const retryAfterNanoseconds = 2n ** 60n + 1n;
      const { Details } = await unavailable(context, {
        Details: { case: "retryInfo", value: { retryAfterNanoseconds } },
      });
      assert.equal(Details.case, "retryInfo");
      assert.equal(Details.value?.retryAfterNanoseconds, retryAfterNanoseconds);
    },
  },
  {
    ...info,
    id: "server-sends-unavailable-alone",
    title: "leaves out what its application adds to UNAVAILABLE",
    requirements: ["S-133"],
    async run(context) {
      const server = await context.start();
      const agent = await server.connect();
      const message = { ...offers, errorResponse: { type: ServerErrorResponseType.Unavailable } };
      server.application.onNextMessages({ kind: "answer", message });
      assert.deepEqual(fieldNumbers((await agent.exchange()).encoded), [1, 2]);
    },
  },
  ...[503, 429].flatMap((status) => [
    {
      ...info,
      transports: overHttp,
      id: `server-answers-${status}`,
      title: `answers a request with ${status} and Retry-After when it is overloaded`,
      requirements: ["S-132"],
      async run(context) {
        const headers = { "retry-after": "17" };
        const server = await context.start({ turnAway: () => ({ status, headers }) });
        const response = await server.post(new Uint8Array());
        assert.deepEqual([response.status, response.headers["retry-after"]], [status, "17"]);
      },
    } satisfies ServerCase,
    {
      ...info,
      transports: overWebSocket,
      id: `server-answers-${status}-before-the-upgrade`,
      title: `answers an upgrade with ${status} and Retry-After when it is overloaded`,
      requirements: ["S-132"],
      async run(context) {
        const headers = { "retry-after": "17" };
        const server = await context.start({ turnAway: () => ({ status, headers }) });
        const handshake = await server.openWebSocket();
        assert.ok(!handshake.opened);
        assert.deepEqual([handshake.status, handshake.headers["retry-after"]], [status, "17"]);
      },
    } satisfies ServerCase,
  ]),
];

async function unavailable(
  context: Parameters<ServerCase["run"]>[0],
  details: ServerToAgentInit["errorResponse"],
): Promise<ReturnType<typeof errorOf>> {
  const server = await context.start();
  const agent = await server.connect();
  const errorResponse = { ...details, type: ServerErrorResponseType.Unavailable };
  server.application.onNextMessages({ kind: "answer", message: { errorResponse } });
  return errorOf(await agent.exchange());
}

import assert from "node:assert/strict";
import {
  decodeAgentToServer,
  decodeFrame,
  encodeFrame,
  encodeServerToAgent,
  type ServerToAgentInit,
} from "@opamp/protocol";
import type { RawServer } from "../../raw/raw-server.ts";
import { concat, fieldNumbers, withUnknownField } from "../../raw/wire.ts";
import type { ClientCaseContext } from "../../runner/client-case-context.ts";
import type { ClientCase } from "../../runner/conformance-case.ts";
import { hex, utf8 } from "../bytes.ts";
import { overWebSocket } from "../transports.ts";
import { probe, probesOf, takeProbe, withProbe } from "./probe.ts";
import { hearMore, startSession, takeLaterMessage } from "./session.ts";

const info = { side: "client", transports: overWebSocket } as const;

/** Cases about the header before each message on WebSocket. */
export const framingCases: readonly ClientCase[] = [
  {
    ...info,
    id: "client-sends-zero-headers",
    title: "begins each frame with the header 0",
    requirements: ["W-09"],
    async run(context) {
      for (const { bytes } of await framesOfSession(context)) assert.equal(bytes[0], 0);
    },
  },
  {
    ...info,
    id: "client-sends-one-message-per-frame",
    title: "sends exactly one AgentToServer in each frame",
    requirements: ["W-04"],
    async run(context) {
      for (const { bytes } of await framesOfSession(context)) {
        assert.equal(decodeAgentToServer(decodeFrame(bytes)).instanceUid.length, 16);
        const uids = fieldNumbers(bytes.subarray(1)).filter((field) => field === 1);
        assert.equal(uids.length, 1, "several messages in one frame");
      }
    },
  },
  {
    ...info,
    id: "client-sends-binary-frames",
    title: "sends its messages as binary WebSocket messages",
    requirements: ["W-03"],
    async run(context) {
      for (const { binary } of await framesOfSession(context)) assert.ok(binary);
    },
  },
  ...[
    { name: "text", header: Uint8Array.of(0), text: true, requirement: "W-03" as const },
    { name: "header 1", header: Uint8Array.of(1), text: false, requirement: "W-10" as const },
    {
      name: "header 128",
      header: Uint8Array.of(0x80, 1),
      text: false,
      requirement: "W-10" as const,
    },
  ].map(
    ({ name, header, text, requirement }): ClientCase => ({
      ...info,
      id: `client-refuses-${name.replaceAll(" ", "-")}`,
      title: `does not take a ${name} message for a ServerToAgent`,
      requirements: [requirement],
      async run(context) {
        // Text has to be UTF-8: this message is, with a uid of letters.
        const settings = { ...withProbe, instanceUid: utf8("a uid in letters") };
        const { server, client } = await startSession(context, settings);
        const encoded = encodeServerToAgent({ ...addressed(server), ...probe() });
        await server.sockets.all[0]?.send(concat(header, encoded), { text });
        await goesOn(server);
        await server.say(probe("proper"));
        await takeProbe(client);
        assert.deepEqual(probesOf(client), ["proper"]);
      },
    }),
  ),
  ...[
    { name: "1", header: Uint8Array.of(1) },
    { name: "128", header: Uint8Array.of(0x80, 1) },
  ].map(
    ({ name, header }): ClientCase => ({
      ...info,
      id: `client-adopts-no-uid-behind-header-${name}`,
      title: `adopts no uid from a message behind the header ${name}`,
      requirements: ["W-10"],
      async run(context) {
        const { server } = await startSession(context);
        const newInstanceUid = new Uint8Array(16).fill(0x77);
        const offer = { ...addressed(server), agentIdentification: { newInstanceUid } };
        await server.sockets.all[0]?.send(concat(header, encodeServerToAgent(offer)));
        await goesOn(server);
        for (const { message } of server.messages.all) {
          assert.notEqual(hex(message?.instanceUid), hex(newInstanceUid));
        }
      },
    }),
  ),
  ...[
    { name: "two", header: Uint8Array.of(0x80, 0), requirement: "W-11" as const },
    {
      name: "ten",
      header: Uint8Array.of(...new Uint8Array(9).fill(0x80), 0),
      requirement: "W-08" as const,
    },
  ].map(
    ({ name, header, requirement }): ClientCase => ({
      ...info,
      id: `client-reads-${name}-byte-headers`,
      title: `finds the end of a header 0 of ${name} bytes`,
      requirements: [requirement],
      async run(context) {
        const { server } = await startSession(context);
        const encoded = encodeServerToAgent({ ...addressed(server), flags: 1n });
        const later = takeLaterMessage(server);
        await server.sockets.all[0]?.send(concat(header, encoded));
        assert.ok((await later).agentDescription, "it was not taken for a request of full state");
        assert.equal(server.sockets.all.length, 1);
      },
    }),
  ),
  {
    ...info,
    id: "client-reads-whole-remainder",
    title: "takes all bytes behind the header for the message",
    requirements: ["W-12"],
    async run(context) {
      const { server, client } = await startSession(context, withProbe);
      const data = new Uint8Array(100_000).fill(7);
      await server.say({ customMessage: { ...probe().customMessage, data } });
      assert.ok(Buffer.from(data).equals((await takeProbe(client)).data ?? new Uint8Array()));
    },
  },
  ...[
    { name: "empty", frame: new Uint8Array() },
    { name: "unterminated", frame: Uint8Array.of(0x80) },
    { name: "overlong", frame: new Uint8Array(11).fill(0x80) },
  ].map(
    ({ name, frame }): ClientCase => ({
      ...info,
      id: `client-survives-${name}-header`,
      title: `survives a frame with an ${name} header, and goes on`,
      requirements: ["W-14", "L-03"],
      async run(context) {
        const { server } = await startSession(context);
        await server.sockets.all[0]?.send(frame);
        await goesOn(server);
      },
    }),
  ),
  {
    ...info,
    id: "client-skips-unknown-fields",
    title: "skips an unknown field of a message and processes the others",
    requirements: ["W-15", "W-76"],
    async run(context) {
      const { server } = await startSession(context);
      const encoded = encodeServerToAgent({ ...addressed(server), flags: 1n });
      const later = takeLaterMessage(server);
      await server.sockets.all[0]?.send(encodeFrame(withUnknownField(encoded)));
      assert.ok((await later).agentDescription, "it was not taken for a request of full state");
    },
  },
];

function addressed(server: RawServer): ServerToAgentInit {
  return { instanceUid: server.messages.all.at(-1)?.message?.instanceUid };
}

/** Resolves when the client talks again, on the same WebSocket or on a new one. */
async function goesOn(server: RawServer): Promise<void> {
  const later = takeLaterMessage(server);
  await server.say({ flags: 1n });
  await later;
}

async function framesOfSession(
  context: ClientCaseContext,
): Promise<readonly { readonly bytes: Uint8Array; readonly binary: boolean }[]> {
  const { server } = await startSession(context);
  await hearMore(server);
  return server.messages.all;
}

import assert from "node:assert/strict";
import type { AgentConfigMapInit, AgentConfigObject } from "@opamp/protocol";
import type { ServerCase } from "../../runner/conformance-case.ts";
import type { ServerCaseContext } from "../../runner/server-case-context.ts";
import { everyByte, hex, utf8 } from "../bytes.ts";
import { both, overWebSocket } from "../transports.ts";
import { messageOf } from "./checks.ts";
import { deliver } from "./deliver.ts";

const info = { side: "server", transports: both } as const;

type Objects = Readonly<Record<string, AgentConfigObject>>;

/** Cases about configurations on their way through a server. */
export const configCases: readonly ServerCase[] = [
  ...relayed({
    id: "empty-key",
    title: "the empty key beside other keys",
    requirement: "W-33",
    configMap: { "": { body: utf8("a") }, other: { body: utf8("b") } },
    check: (objects) => assert.deepEqual(Object.keys(objects).sort(), ["", "other"]),
  }),
  ...relayed({
    id: "binary-body",
    title: "a body of any bytes",
    requirement: "W-34",
    configMap: { f: { body: everyByte } },
    check: (objects) => assert.equal(hex(objects.f?.body), hex(everyByte)),
  }),
  ...relayed({
    id: "content-type",
    title: "a content type, and an empty one",
    requirement: "W-35",
    configMap: { f: { contentType: "text/yaml" }, g: { contentType: "" } },
    check: (objects) =>
      assert.deepEqual([objects.f?.contentType, objects.g?.contentType], ["text/yaml", ""]),
  }),
  ...relayed({
    id: "role",
    title: "the role of a body",
    requirement: "W-87",
    configMap: { f: { role: "fragment/2" } },
    check: (objects) => assert.equal(objects.f?.role, "fragment/2"),
  }),
  {
    ...info,
    id: "server-offers-in-the-answer",
    title: "offers a remote config in the answer to a message",
    requirements: ["S-60"],
    async run(context) {
      const objects = await offer(context, { f: { body: utf8("x") } });
      assert.deepEqual(Object.keys(objects), ["f"]);
    },
  },
  {
    ...info,
    transports: overWebSocket,
    id: "server-pushes-an-offer",
    title: "offers a remote config on its own initiative",
    requirements: ["S-60", "W-06"],
    async run(context) {
      const server = await context.start();
      const agent = await server.connectWebSocket();
      await agent.exchange();
      const remoteConfig = { configHash: Uint8Array.of(7) };
      await server.application.push({ instanceUid: agent.instanceUid, remoteConfig });
      const { message } = await agent.socket.received.take();
      assert.equal(hex(message?.remoteConfig?.configHash), "07");
    },
  },
  {
    ...info,
    transports: overWebSocket,
    id: "server-pushes-twice-in-a-row",
    title: "sends two messages in a row without hearing from the agent",
    requirements: ["W-05"],
    async run(context) {
      const server = await context.start();
      const agent = await server.connectWebSocket();
      await agent.exchange();
      for (const byte of [1, 2]) {
        const remoteConfig = { configHash: Uint8Array.of(byte) };
        await server.application.push({ instanceUid: agent.instanceUid, remoteConfig });
      }
      const first = await agent.socket.received.take();
      const second = await agent.socket.received.take();
      assert.equal(hex(first.message?.remoteConfig?.configHash), "01");
      assert.equal(hex(second.message?.remoteConfig?.configHash), "02");
    },
  },
  {
    ...info,
    id: "server-offers-to-a-later-message",
    title: "offers a remote config in the answer to a later message, on either transport",
    requirements: ["W-19"],
    async run(context) {
      const server = await context.start();
      const agent = await server.connect();
      assert.equal(messageOf(await agent.exchange()).remoteConfig, undefined);
      const message = { remoteConfig: { configHash: Uint8Array.of(7) } };
      server.application.onNextMessages({ kind: "answer", message });
      const answer = messageOf(await agent.exchange());
      assert.equal(hex(answer.remoteConfig?.configHash), "07");
    },
  },
];

interface Relayed {
  readonly id: string;
  readonly title: string;
  readonly requirement: "W-33" | "W-34" | "W-35" | "W-87";
  readonly configMap: NonNullable<AgentConfigMapInit["configMap"]>;
  readonly check: (objects: Objects) => void;
}

/** Two cases: a config comes through as an effective config, and goes out as a remote one. */
function relayed({ id, title, requirement, configMap, check }: Relayed): readonly ServerCase[] {
  return [
    {
      ...info,
      id: `server-delivers-config-${id}`,
      title: `delivers an effective config with ${title}`,
      requirements: [requirement],
      async run(context) {
        const { effectiveConfig } = await deliver(context, {
          effectiveConfig: { configMap: { configMap } },
        });
        check(effectiveConfig?.configMap?.configMap ?? {});
      },
    },
    {
      ...info,
      id: `server-offers-config-${id}`,
      title: `offers a remote config with ${title}`,
      requirements: [requirement],
      run: async (context) => check(await offer(context, configMap)),
    },
  ];
}

async function offer(
  context: ServerCaseContext,
  configMap: NonNullable<AgentConfigMapInit["configMap"]>,
): Promise<Objects> {
  const server = await context.start({ capabilities: ["OffersRemoteConfig"] });
  const agent = await server.connect();
  const remoteConfig = { configHash: Uint8Array.of(1), config: { configMap } };
  server.application.onNextMessages({ kind: "answer", message: { remoteConfig } });
  const answer = messageOf(await agent.exchange({ capabilities: 0x3n }));
  return answer.remoteConfig?.config?.configMap ?? {};
}

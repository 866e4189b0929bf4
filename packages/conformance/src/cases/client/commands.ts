import assert from "node:assert/strict";
import { CommandType } from "@opamp/protocol";
import type { ClientCase } from "../../runner/conformance-case.ts";
import { utf8 } from "../bytes.ts";
import { both } from "../transports.ts";
import { processed, startSession, takeFullState } from "./session.ts";

const info = { side: "client", transports: both } as const;
const settings = { capabilities: ["AcceptsRestartCommand", "AcceptsRemoteConfig"] } as const;

/** Cases about commands. */
export const commandCases: readonly ClientCase[] = [
  {
    ...info,
    id: "client-takes-a-command-alone",
    title: "runs a command, and ignores what comes with it",
    requirements: ["C-201"],
    async run(context) {
      const { server, client } = await startSession(context, settings);
      const remoteConfig = { configHash: utf8("h"), config: { configMap: { f: {} } } };
      await server.say({ command: { type: CommandType.Restart }, remoteConfig });
      await client.events.take({ where: ({ kind }) => kind === "command" });
      await takeFullState(server);
      assert.ok(client.events.all.every(({ kind }) => kind !== "message"));
    },
  },
  {
    ...info,
    id: "client-takes-an-empty-command-for-restart",
    title: "takes a command without content for a restart",
    requirements: ["W-49"],
    async run(context) {
      const { server, client } = await startSession(context, settings);
      await server.say({ command: {} });
      const event = await client.events.take({ where: ({ kind }) => kind === "command" });
      assert.deepEqual(event, { kind: "command", type: CommandType.Restart });
    },
  },
  {
    ...info,
    id: "client-ignores-an-undeclared-restart",
    title: "ignores a restart that it did not declare, and stays connected",
    requirements: ["C-202"],
    async run(context) {
      const session = await startSession(context, { capabilities: [] });
      const { server, client } = session;
      await server.say({ command: { type: CommandType.Restart } });
      await processed(session);
      assert.ok(client.events.all.every(({ kind }) => kind !== "command"));
      assert.ok(server.sockets.all.length <= 1);
    },
  },
  {
    ...info,
    id: "client-ignores-unknown-commands",
    title: "does not take an unknown command for a restart",
    requirements: ["C-203"],
    async run(context) {
      const session = await startSession(context, settings);
      const { server, client } = session;
      await server.say({ command: { type: 7 as typeof CommandType.Restart } });
      await processed(session);
      assert.ok(client.events.all.every(({ kind }) => kind !== "command"));
    },
  },
];

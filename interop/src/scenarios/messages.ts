import {
  bitsFromAgentCapabilities,
  bytesFromInstanceUid,
  CommandType,
  createInstanceUid,
} from "@opamp/protocol";
import { expect } from "vitest";
import { base64 } from "../json.ts";
import { startPair } from "../pair.ts";
import type { Scenario } from "../scenario.ts";
import { isDescribed } from "./status.ts";

const capability = "com.example.echo";
const ping = new TextEncoder().encode("ping");
const pong = new TextEncoder().encode("pong");

export const messageScenarios: readonly Scenario[] = [
  {
    title: "custom messages travel both ways once both ends have announced their capability",
    needs: ["custom-messages"],
    async run(match) {
      await using pair = await startPair(match, {
        state: { customCapabilities: [capability] },
        server: { customCapabilities: [capability] },
      });
      await pair.serverGot("the agent's custom capability", ({ customCapabilities }) =>
        (customCapabilities?.capabilities ?? []).includes(capability),
      );
      await pair.clientGot("the server's custom capability", ({ customCapabilities }) =>
        (customCapabilities?.capabilities ?? []).includes(capability),
      );

      pair.client.report({ customMessage: { capability, type: "question", data: ping } });
      const question = await pair.serverGot("custom message", (message) => !!message.customMessage);
      pair.server.send({
        instanceUid: pair.instanceUid,
        customMessage: { capability, type: "answer", data: pong },
      });
      const answer = await pair.clientGot("custom message", (message) => !!message.customMessage);

      expect(question.customMessage).toEqual({ capability, type: "question", data: base64(ping) });
      expect(answer.customMessage).toEqual({ capability, type: "answer", data: base64(pong) });
    },
  },
  {
    title: "the agent takes the instance uid that the server assigns, and is known by it",
    needs: ["server-assigned-uid", "heartbeat"],
    async run(match) {
      await using pair = await startPair(match, { heartbeatIntervalMs: 100 });
      await pair.serverGot("the description", isDescribed);
      const newInstanceUid = bytesFromInstanceUid(createInstanceUid());
      const after = pair.server.events.events.length;

      pair.server.send({
        instanceUid: pair.instanceUid,
        agentIdentification: { newInstanceUid },
      });

      const uid = base64(newInstanceUid);
      const renamed = await pair.serverGot(
        "the new uid and the whole state",
        (message) => message.instanceUid === uid && isDescribed(message),
        { after },
      );
      expect(BigInt(renamed.capabilities ?? "0")).toBe(
        bitsFromAgentCapabilities(pair.capabilities),
      );
    },
  },
  {
    title: "the agent is told to restart",
    needs: ["commands"],
    async run(match) {
      await using pair = await startPair(match);
      await pair.serverGot("the description", isDescribed);

      pair.server.send({
        instanceUid: pair.instanceUid,
        command: { type: CommandType.Restart },
      });

      const told = await pair.clientGot("command", (message) => message.command !== undefined);
      expect(told.command?.type ?? 0).toBe(CommandType.Restart);
    },
  },
];

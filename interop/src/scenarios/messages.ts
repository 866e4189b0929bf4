import { CommandType } from "@opamp/protocol";
import { expect } from "vitest";
import { base64 } from "../json.ts";
import { type FromAgent, type FromServer, startPair } from "../pair.ts";
import type { Scenario } from "../scenario.ts";
import { isDescribed } from "./status.ts";

const capability = "com.example.echo";
const announced = {
  state: { customCapabilities: [capability] },
  server: { customCapabilities: [capability] },
};
const ping = new TextEncoder().encode("ping");
const pong = new TextEncoder().encode("pong");

export const messageScenarios: readonly Scenario[] = [
  {
    title: "custom messages travel both ways once both ends have announced their capability",
    needs: ["custom-messages"],
    async run(match) {
      await using pair = await startPair(match, announced);
      await pair.serverGot("the agent's custom capability", announces);
      await pair.clientGot("the server's custom capability", announces);

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
    title: "custom messages arrive in the order in which they were sent",
    needs: ["custom-messages"],
    async run(match) {
      await using pair = await startPair(match, announced);
      await pair.clientGot("the server's custom capability", announces);
      const types = Array.from({ length: 20 }, (_, index) => String(index));

      for (const type of types) pair.client.report({ customMessage: { capability, type } });

      await pair.serverGot("the last message", (message) => message.customMessage?.type === "19");
      const arrived = pair.server.events.events.flatMap((event) =>
        event.event === "message" ? (event.message.customMessage?.type ?? []) : [],
      );
      expect(arrived).toEqual(types);
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

function announces({ customCapabilities }: FromAgent | FromServer): boolean {
  return (customCapabilities?.capabilities ?? []).includes(capability);
}

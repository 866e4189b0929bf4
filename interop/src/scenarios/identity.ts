import {
  AgentToServerFlags,
  bitsFromAgentCapabilities,
  bytesFromInstanceUid,
  createInstanceUid,
} from "@opamp/protocol";
import { expect } from "vitest";
import { base64 } from "../json.ts";
import { startPair } from "../pair.ts";
import type { Scenario } from "../scenario.ts";
import { isDescribed } from "./status.ts";

export const identityScenarios: readonly Scenario[] = [
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
    title: "the agent asks for an instance uid until it has one",
    needs: ["server-assigned-uid", "uid-request", "heartbeat"],
    async run(match) {
      await using pair = await startPair(match, {
        heartbeatIntervalMs: 100,
        state: { flags: ["RequestInstanceUid"] },
      });
      const asks = (flags: string | undefined): boolean =>
        (BigInt(flags ?? "0") & AgentToServerFlags.RequestInstanceUid) !== 0n;
      await pair.serverGot("the request of a uid", ({ flags }) => asks(flags));
      const newInstanceUid = bytesFromInstanceUid(createInstanceUid());

      pair.server.send({ instanceUid: pair.instanceUid, agentIdentification: { newInstanceUid } });

      const uid = base64(newInstanceUid);
      const whole = await pair.serverGot(
        "the new uid and the whole state",
        (message) => message.instanceUid === uid && isDescribed(message),
      );
      expect(asks(whole.flags)).toBe(false);
    },
  },
];

import { bytesFromInstanceUid, createInstanceUid } from "@opamp/protocol";
import { expect, it } from "vitest";
import { AgentRoster } from "./agent-roster.ts";

it("remembers no uid that was assigned to an agent with its answer to a goodbye [S-137]", () => {
  const roster = new AgentRoster();
  const link = roster.hear(createInstanceUid(), 1);
  if (link === undefined) throw new Error("no link");
  const successor = createInstanceUid();
  const newInstanceUid = bytesFromInstanceUid(successor);
  roster.forget(link);
  roster.noteSent(link, { agentIdentification: { newInstanceUid } });
  expect(roster.find(successor)).toBeUndefined();
  expect(roster.size).toBe(0);
});

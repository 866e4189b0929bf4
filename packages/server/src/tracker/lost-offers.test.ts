import type { InstanceUid } from "@opamp/protocol";
import { expect, it } from "vitest";
import { createTrackedFleet, fakeConnection, first } from "../../tests/_util/tracked-fleet.ts";
import { createRemoteConfigOffer } from "./remote-config-offer.ts";
import type { TrackedAgent } from "./tracked-agent.ts";

it("offers what was lost over HTTP with a server at the first poll to the next one, once [S-62 S-63]", async () => {
  const agents = new Map<InstanceUid, TrackedAgent>();
  const store = {
    load: (uid: InstanceUid) => agents.get(uid),
    save: (agent: TrackedAgent) => void agents.set(agent.uid, agent),
    delete: (uid: InstanceUid) => void agents.delete(uid),
  };
  const remoteConfig = createRemoteConfigOffer({ "a.yaml": "a: 1" });
  const settings = { store, desired: () => ({ remoteConfig }) };
  const connection = fakeConnection("http");
  const before = createTrackedFleet(settings).agent({ connection });
  expect((await before.say(first)).remoteConfig).toBeDefined();

  const after = createTrackedFleet(settings).agent({ connection, uid: before.uid });
  expect((await after.say({ sequenceNum: 1n })).remoteConfig).toBeDefined();
  expect((await after.say()).remoteConfig).toBeUndefined();
});

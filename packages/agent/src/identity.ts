import type { AgentDescriptionSettings } from "@opamp/client";
import { type InstanceUid, instanceUidFromBytes, OpAMPError } from "@opamp/protocol";
import { descriptionOfService } from "./description.ts";
import type { Feature, FeatureContext } from "./feature.ts";
import type { ServiceDescription } from "./settings.ts";
import { loadInstanceUid, saveInstanceUid } from "./state/instance-uid-file.ts";

/**
 * Who the agent is: the uid of the runs before, or the one that the server assigned, which is on
 * disk before any message carries it (C-38).
 */
export function createIdentityFeature(
  description: ServiceDescription | AgentDescriptionSettings,
  { files, client, report }: FeatureContext,
): Feature {
  const describe = (instanceUid: InstanceUid): AgentDescriptionSettings =>
    "serviceName" in description ? descriptionOfService(description, instanceUid) : description;
  const instanceUid = loadInstanceUid(files);
  return {
    startSettings: { instanceUid, agentDescription: describe(instanceUid) },
    onMessage({ agentIdentification }) {
      if (agentIdentification === undefined) return;
      const assigned = instanceUidFromBytes(agentIdentification.newInstanceUid);
      try {
        saveInstanceUid(files, assigned);
      } catch (thrown) {
        report(OpAMPError.from(thrown, "state-unusable", `the uid ${assigned} is not stored`));
      }
      client().setAgentDescription(describe(assigned));
    },
  };
}

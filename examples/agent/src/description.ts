import { arch, hostname, platform, release } from "node:os";
import type { AgentDescriptionSettings } from "@opamp/client";
import type { InstanceUid } from "@opamp/protocol";

/** Who the agent is and where it runs, by OpenTelemetry's resource conventions. */
export function describeAgent(name: string, instanceUid: InstanceUid): AgentDescriptionSettings {
  return {
    identifyingAttributes: {
      "service.name": name,
      "service.version": "0.1.0",
      "service.instance.id": instanceUid,
    },
    nonIdentifyingAttributes: {
      "os.type": platform(),
      "os.version": release(),
      "host.name": hostname(),
      "host.arch": arch(),
      "process.pid": process.pid,
    },
  };
}

import {
  type AgentToServerInit,
  createInstanceUid,
  keyValuesFromAttributes,
  RemoteConfigStatuses,
} from "@opamp/protocol";

const NOW = 1_785_000_000_123_456_789n;

/** What a Collector of ordinary size says first, about 6 KB: each says something of its own. */
export function collectorReport(): AgentToServerInit {
  const id = createInstanceUid();
  const component = { healthy: true, status: "StatusOK", startTimeUnixNano: NOW };
  const names = Array.from({ length: 20 }, (_, i) => `pipeline:metrics/${i}`);
  return {
    agentDescription: {
      identifyingAttributes: keyValuesFromAttributes({
        "service.name": "io.opentelemetry.collector",
        "service.version": "0.150.0",
        "service.instance.id": id,
      }),
      nonIdentifyingAttributes: keyValuesFromAttributes({
        "os.type": "linux",
        "host.name": `node-${id}`,
        "host.arch": "amd64",
      }),
    },
    health: {
      ...component,
      componentHealthMap: Object.fromEntries(names.map((name) => [name, component])),
    },
    effectiveConfig: {
      configMap: {
        configMap: { "": { body: Buffer.from(id.padEnd(4096, "a")), contentType: "text/yaml" } },
      },
    },
    remoteConfigStatus: {
      lastRemoteConfigHash: new Uint8Array(32).fill(7),
      status: RemoteConfigStatuses.APPLIED,
    },
  };
}

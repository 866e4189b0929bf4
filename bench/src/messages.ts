import {
  type AgentToServerInit,
  bytesFromInstanceUid,
  createInstanceUid,
  keyValuesFromAttributes,
} from "@opamp/protocol";

/** What an idle agent says. */
export function heartbeat(): AgentToServerInit {
  return {
    instanceUid: bytesFromInstanceUid(createInstanceUid()),
    sequenceNum: 1234n,
    capabilities: 0x3847n,
  };
}

/** What a Collector of ordinary size says first: about 6 KB. */
export function fullReport(): AgentToServerInit {
  const now = 1_785_000_000_123_456_789n;
  const component = { healthy: true, status: "StatusOK", startTimeUnixNano: now };
  const names = Array.from({ length: 20 }, (_, i) => `pipeline:metrics/${i}`);
  return {
    ...heartbeat(),
    agentDescription: {
      identifyingAttributes: keyValuesFromAttributes({
        "service.name": "io.opentelemetry.collector",
        "service.version": "0.150.0",
        "service.instance.id": createInstanceUid(),
      }),
      nonIdentifyingAttributes: keyValuesFromAttributes({
        "os.type": "linux",
        "host.name": "node-17",
        "host.arch": "amd64",
      }),
    },
    health: {
      ...component,
      componentHealthMap: Object.fromEntries(names.map((name) => [name, component])),
    },
    effectiveConfig: {
      configMap: {
        configMap: { "": { body: new Uint8Array(4096).fill(97), contentType: "text/yaml" } },
      },
    },
  };
}

import type { AgentConfigMap } from "@opamp/protocol";

/** What one end takes the state of an agent to be, part by part, in comparable form. */
export interface Snapshot {
  readonly description: string;
  readonly capabilities: string;
  readonly health: string;
  readonly effectiveConfig: string;
  readonly remoteConfigHash: string;
  readonly customCapabilities: string;
}

export const SOAK_CAPABILITY = "com.example.soak";

/** The text of a config, whatever its name. */
export function textOfConfig(map: AgentConfigMap | undefined): string {
  const bodies = Object.values(map?.configMap ?? {}).map(({ body }) => body);
  return bodies.map((body) => Buffer.from(body).toString()).join("\n");
}

/** What differs between two ends, in words; undefined when nothing does. */
export function differenceOf(agent: Snapshot, server: Snapshot): string | undefined {
  const differences = (Object.keys(agent) as (keyof Snapshot)[])
    .filter((part) => agent[part] !== server[part])
    .map((part) => `${part} is ${agent[part]} at the agent, ${server[part]} at the server`);
  return differences.length === 0 ? undefined : differences.join("; ");
}

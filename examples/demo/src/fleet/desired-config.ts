import { createRemoteConfigOffer, type RemoteConfigOffer, type TrackedAgent } from "@opamp/server";

/** The config that an agent should have. */
export interface DesiredConfig {
  readonly text: string;
  readonly offer: RemoteConfigOffer;
}

/** Makes a desired config of a text, under the name and type of the agent's own config file. */
export function desiredConfig(text: string, { parts }: TrackedAgent): DesiredConfig {
  const files = Object.entries(parts.effectiveConfig?.configMap?.configMap ?? {});
  const [only] = files.length === 1 ? files : [];
  const [name, contentType] = [only?.[0] ?? "", only?.[1].contentType ?? "text/yaml"];
  return { text, offer: createRemoteConfigOffer({ [name]: { body: text, contentType } }) };
}

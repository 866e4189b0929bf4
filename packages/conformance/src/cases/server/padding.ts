import type { ServerToAgentInit } from "@opamp/protocol";
import type { RawAgent } from "../../raw/raw-agent.ts";
import { concat, lengthDelimited, UNKNOWN_FIELD } from "../../raw/wire.ts";

/** An encoded message of exactly `sizeBytes` bytes; an unknown field fills it up. */
export function paddedMessage(agent: RawAgent, sizeBytes: number): Uint8Array {
  const encoded = agent.encode();
  const room = sizeBytes - encoded.length;
  // The tag takes two bytes, the length up to five.
  for (let content = room - 7; content <= room; content += 1) {
    const field = lengthDelimited(UNKNOWN_FIELD, new Uint8Array(content));
    if (field.length === room) return concat(encoded, field);
  }
  throw new Error(`no message has exactly ${sizeBytes} bytes`);
}

/** An offer whose config has `sizeBytes` bytes that compress well. */
export function bigOffer(sizeBytes: number): ServerToAgentInit {
  const body = new Uint8Array(sizeBytes);
  const config = { configMap: { "": { body } } };
  return { remoteConfig: { config, configHash: Uint8Array.of(1) } };
}

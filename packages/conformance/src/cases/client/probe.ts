import assert from "node:assert/strict";
import type { CustomMessageInit, ServerToAgentInit } from "@opamp/protocol";
import type { ClientSubjectSettings, RunningClient } from "../../runner/client-subject.ts";

/** A custom capability whose messages show whether a client processed a message. */
export const probeCapability = "org.example.probe/v1";

export const withProbe: Pick<ClientSubjectSettings, "customCapabilities"> = {
  customCapabilities: [probeCapability],
};

/** What a server says to see whether it is processed. */
export function probe(type = "probe"): ServerToAgentInit & { customMessage: CustomMessageInit } {
  return { customMessage: { capability: probeCapability, type } };
}

/** The next custom message that reaches the application. */
export async function takeProbe(client: RunningClient): Promise<CustomMessageInit> {
  const event = await client.events.take({
    what: "a custom message at the application",
    where: (event) => event.kind === "message" && event.message.customMessage !== undefined,
  });
  assert.ok(event.kind === "message");
  return event.message.customMessage ?? {};
}

/** Begins the type of a probe that is there to wait for. */
export const BARRIER = "barrier";

/** The types of the custom messages that have reached the application, without barriers. */
export function probesOf(client: RunningClient): readonly string[] {
  const types = client.events.all.flatMap((event) =>
    event.kind === "message" ? (event.message.customMessage?.type ?? []) : [],
  );
  return types.filter((type) => !type.startsWith(BARRIER));
}

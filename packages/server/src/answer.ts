import {
  instanceUidFromBytes,
  type Logger,
  OpAMPError,
  ServerCapabilities,
  ServerErrorResponseType,
  type ServerToAgentInit,
} from "@opamp/protocol";
import { equalBytes } from "@opamp/protocol/internal";
import type { Connection } from "./connection.ts";
import { maskServerCapabilities } from "./resolve-settings.ts";

/** What a message to an agent needs besides what the application wants to say. */
export interface Envelope {
  /** The agent it goes to (S-24). */
  readonly instanceUid: Uint8Array;
  /** The bits to announce; undefined once this agent has them (S-46, S-47, A-26). */
  readonly capabilities: bigint | undefined;
  /** The custom capabilities to announce; undefined once this agent has them (W-50, W-51). */
  readonly customCapabilities: readonly string[] | undefined;
}

/**
 * The message that goes out for what the application said. An error goes alone (S-120, A-10), a
 * command with the uid and the capabilities only (S-116). Throws `invalid-argument` when it names
 * another agent (S-155).
 */
export function composeMessage(said: ServerToAgentInit, envelope: Envelope): ServerToAgentInit {
  if (saysNothing(said)) return acknowledgement(envelope);
  const { instanceUid } = envelope;
  assertSameAgent(said.instanceUid, instanceUid);
  assertNewUid(said.agentIdentification?.newInstanceUid);
  if (said.errorResponse) return { instanceUid, errorResponse: said.errorResponse };
  const capabilities = capabilitiesOf(said, envelope);
  if (said.command) return { instanceUid, ...capabilities, command: said.command };
  return {
    ...plainFields(said),
    instanceUid,
    ...capabilities,
    ...customCapabilitiesOf(said, envelope),
  };
}

/** The fields of `said` that had to stay out of the message, because of an error or a command. */
export function droppedFields(said: ServerToAgentInit, sent: ServerToAgentInit): readonly string[] {
  if (!said.errorResponse && !said.command) return none;
  return Object.entries(plainFields(said))
    .filter(([name, value]) => !(name in sent) && isSet(value))
    .map(([name]) => name);
}

/** Notes what had to stay out, for whoever wrote the callback. */
export function logDropped(
  logger: Logger,
  connection: Connection,
  fields: readonly string[],
): void {
  const names = fields.join(", ");
  logger.warn(`connection ${connection.id}: an error or a command goes alone; not sent: ${names}`);
}

/** A message that could not be processed (S-36). The text is shown to whoever runs the agent. */
export function errorAnswer(
  type: (typeof ServerErrorResponseType)[keyof typeof ServerErrorResponseType],
  errorMessage: string,
  instanceUid?: Uint8Array,
): ServerToAgentInit {
  return { ...(instanceUid && { instanceUid }), errorResponse: { type, errorMessage } };
}

/** What a failure of the application looks like from outside: no detail leaves the server (S-125). */
export const processingFailed: ServerToAgentInit = errorAnswer(
  ServerErrorResponseType.Unknown,
  "the server failed to process the message",
);

const none: readonly string[] = [];

/** As nearly all answers. */
function saysNothing(said: ServerToAgentInit): boolean {
  for (const _ in said) return false;
  return true;
}

function acknowledgement(envelope: Envelope): ServerToAgentInit {
  const { instanceUid, capabilities } = envelope;
  if (envelope.customCapabilities === undefined) return { instanceUid, capabilities };
  return { instanceUid, capabilities, ...customCapabilitiesOf({}, envelope) };
}

/** Throws `invalid-argument` for a BAD_REQUEST that answers no message (S-124). */
export function assertUnsolicited({ errorResponse }: ServerToAgentInit): void {
  if (errorResponse?.type !== ServerErrorResponseType.BadRequest) return;
  throw new OpAMPError(
    "invalid-argument",
    "a BAD_REQUEST answers a message; return it from onMessage instead",
  );
}

function assertSameAgent(said: Uint8Array | undefined, instanceUid: Uint8Array): void {
  if (said === undefined || said.length === 0 || equalBytes(said, instanceUid)) return;
  throw new OpAMPError(
    "invalid-argument",
    `the message for agent ${instanceUidFromBytes(instanceUid)} names another instance uid`,
  );
}

/** A uid that is handed out has 16 bytes (S-22). */
function assertNewUid(uid: Uint8Array | undefined): void {
  if (uid !== undefined && uid.length > 0) instanceUidFromBytes(uid);
}

function capabilitiesOf(said: ServerToAgentInit, envelope: Envelope): ServerToAgentInit {
  if (said.capabilities) {
    const bits = maskServerCapabilities(said.capabilities | ServerCapabilities.AcceptsStatus);
    return { capabilities: bits };
  }
  return { capabilities: envelope.capabilities };
}

function customCapabilitiesOf(said: ServerToAgentInit, envelope: Envelope): ServerToAgentInit {
  if (said.customCapabilities) return { customCapabilities: said.customCapabilities };
  if (envelope.customCapabilities === undefined) return {};
  return { customCapabilities: { capabilities: [...envelope.customCapabilities] } };
}

/** A message that was decoded carries marks of its library, by which that takes it for complete. */
function plainFields(said: ServerToAgentInit): ServerToAgentInit {
  if (!("$typeName" in said)) return said;
  return Object.fromEntries(Object.entries(said).filter(([name]) => !name.startsWith("$")));
}

function isSet(value: unknown): boolean {
  return (
    value !== undefined && value !== 0n && !(value instanceof Uint8Array && value.length === 0)
  );
}

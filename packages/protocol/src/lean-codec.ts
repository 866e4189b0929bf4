import { LeanReader, LeanWriter } from "./lean-wire.ts";
import type {
  AgentToServer,
  AgentToServerInit,
  ServerToAgent,
  ServerToAgentInit,
} from "./messages.ts";

// Nearly all messages of a fleet are a heartbeat and its answer: a uid and one or two numbers. They
// are read and written here in a fraction of the time that the protobuf runtime takes. Whatever
// holds more, or is not as it should be, is undefined here and left to the runtime.

const INSTANCE_UID = 0x0a;
const SEQUENCE_NUM = 0x10;
const AGENT_CAPABILITIES = 0x20;
const SERVER_CAPABILITIES = 0x38;

const noBytes: Uint8Array = new Uint8Array(0);

export function encodeHeartbeat(message: AgentToServerInit): Uint8Array<ArrayBuffer> | undefined {
  for (const name in message) {
    if (name === "instanceUid" || name === "sequenceNum" || name === "capabilities") continue;
    if (!isAbsent(message, name, "opamp.proto.v1.AgentToServer")) return undefined;
  }
  const writer = new LeanWriter();
  writer.bytes(INSTANCE_UID, message.instanceUid);
  writer.number(SEQUENCE_NUM, message.sequenceNum);
  writer.number(AGENT_CAPABILITIES, message.capabilities);
  return writer.finish();
}

/** Of an answer that says no more than whom it is for, and perhaps what the server can do. */
export function encodeAcknowledgement(
  message: ServerToAgentInit,
): Uint8Array<ArrayBuffer> | undefined {
  for (const name in message) {
    if (name === "instanceUid" || name === "capabilities") continue;
    if (!isAbsent(message, name, "opamp.proto.v1.ServerToAgent")) return undefined;
  }
  const writer = new LeanWriter();
  writer.bytes(INSTANCE_UID, message.instanceUid);
  writer.number(SERVER_CAPABILITIES, message.capabilities);
  return writer.finish();
}

export function decodeHeartbeat(bytes: Uint8Array): AgentToServer | undefined {
  const reader = new LeanReader(bytes);
  const message = {
    $typeName: "opamp.proto.v1.AgentToServer" as const,
    instanceUid: noBytes,
    sequenceNum: 0n,
    capabilities: 0n,
    flags: 0n,
  };
  while (reader.goesOn) {
    const tag = reader.tag();
    if (tag === INSTANCE_UID) message.instanceUid = reader.bytes();
    else if (tag === SEQUENCE_NUM) message.sequenceNum = reader.number();
    else if (tag === AGENT_CAPABILITIES) message.capabilities = reader.number();
    else return undefined;
  }
  return reader.isLost ? undefined : message;
}

export function decodeAcknowledgement(bytes: Uint8Array): ServerToAgent | undefined {
  const reader = new LeanReader(bytes);
  const message = {
    $typeName: "opamp.proto.v1.ServerToAgent" as const,
    instanceUid: noBytes,
    flags: 0n,
    capabilities: 0n,
  };
  while (reader.goesOn) {
    const tag = reader.tag();
    if (tag === INSTANCE_UID) message.instanceUid = reader.bytes();
    else if (tag === SERVER_CAPABILITIES) message.capabilities = reader.number();
    else return undefined;
  }
  return reader.isLost ? undefined : message;
}

/** Whether a field of a message would not be written. */
function isAbsent(message: object, name: string, typeName: string): boolean {
  const value: unknown = message[name as keyof typeof message];
  if (name === "flags") return value === 0n || value === undefined;
  return value === undefined || (name === "$typeName" && value === typeName);
}

import { readFileSync } from "node:fs";
import * as protocol from "@opamp/protocol";
import { describe, expect, it } from "vitest";
import { wireFacts } from "./wire-facts.ts";

const values = [
  "AgentCapabilities",
  "AgentToServerFlags",
  "CONTENT_TYPE_PROTOBUF",
  "CloseCode",
  "CommandType",
  "ConnectionSettingsStatuses",
  "DEFAULT_HEARTBEAT_INTERVAL_MS",
  "DEFAULT_MAX_MESSAGE_BYTES",
  "DEFAULT_PATH",
  "DEFAULT_PORT",
  "INSTANCE_UID_HEADER",
  "OpAMPError",
  "PackageStatusEnum",
  "PackageType",
  "RemoteConfigStatuses",
  "ServerCapabilities",
  "ServerErrorResponseType",
  "ServerToAgentFlags",
  "agentCapabilitiesFromBits",
  "agentHasCapability",
  "agentToServerFlagsFromBits",
  "anyValueFromAttributeValue",
  "attributeValueFromAnyValue",
  "attributesFromKeyValues",
  "bitsFromAgentCapabilities",
  "bitsFromAgentToServerFlags",
  "bitsFromServerCapabilities",
  "bitsFromServerToAgentFlags",
  "bytesFromInstanceUid",
  "copyStatusPart",
  "createInstanceUid",
  "decodeAgentToServer",
  "decodeFrame",
  "decodeServerToAgent",
  "describeThrown",
  "encodeAgentToServer",
  "encodeFrame",
  "encodeServerToAgent",
  "equalAttributeValues",
  "equalAttributes",
  "equalStatusParts",
  "instanceUidFromBytes",
  "isInstanceUid",
  "keyValuesFromAttributes",
  "opAMPErrorCodes",
  "parseInstanceUid",
  "serverCapabilitiesFromBits",
  "serverHasCapability",
  "serverToAgentFlagsFromBits",
  "silentLogger",
  "statusParts",
  "systemClock",
];

const types = [
  "AgentCapability",
  "AgentToServerFlag",
  "AttributeValue",
  "Attributes",
  "Clock",
  "CreateInstanceUidOptions",
  "InstanceUid",
  "Logger",
  "OpAMPErrorCode",
  "OpAMPErrorOptions",
  "Random",
  "ServerCapability",
  "ServerToAgentFlag",
  "StatusPart",
  "StatusPartInit",
  "StatusPartValue",
  "Timer",
  "UnknownBit",
];

const index = readFileSync(new URL("../src/index.ts", import.meta.url), "utf8");

/** The names that index.ts exports as types only. */
function exportedTypes(): string[] {
  return [...index.matchAll(/export (type )?\{([^}]*)\}/g)].flatMap(([, typeOnly, list = ""]) =>
    list
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name !== "" && (typeOnly !== undefined || name.startsWith("type ")))
      .map((name) => name.replace("type ", "")),
  );
}

describe("the public surface", () => {
  it("has exactly these values", () => {
    expect(Object.keys(protocol).toSorted()).toEqual(values);
  });

  it("has exactly these types, and each message of the protocol as it is read and written [W-86]", () => {
    const messages = wireFacts.messages.flatMap(({ name }) => [name, `${name}Init`]);
    expect(exportedTypes().toSorted()).toEqual([...types, ...messages].toSorted());
  });
});

import {
  decodeServerToAgent,
  encodeServerToAgent,
  keyValuesFromAttributes,
  type ServerToAgentInit,
} from "@opamp/protocol";
import { expect, it } from "vitest";
import { jsonFromMessage } from "./json.ts";

it("writes a message read as proto3 JSON without the fields that have their default", () => {
  const init: ServerToAgentInit = {
    instanceUid: new Uint8Array([1, 2, 3]),
    flags: 1n,
    customMessage: { capability: "", type: "t" },
    command: {},
    remoteConfig: { config: { configMap: { "": { contentType: "text/yaml" } } } },
    errorResponse: { Details: { case: "retryInfo", value: { retryAfterNanoseconds: 0n } } },
  };

  expect(jsonFromMessage(decodeServerToAgent(encodeServerToAgent(init)))).toEqual({
    instanceUid: "AQID",
    flags: "1",
    customMessage: { type: "t" },
    command: {},
    remoteConfig: { config: { configMap: { "": { contentType: "text/yaml" } } } },
    errorResponse: { retryInfo: {} },
  });
});

it("writes plain data as it was given", () => {
  const [attribute] = keyValuesFromAttributes({ cores: 2 });

  expect(jsonFromMessage({ attribute, healthy: false, error: undefined })).toEqual({
    attribute: { key: "cores", value: { intValue: "2" } },
    healthy: false,
  });
});

import {
  CONTENT_TYPE_PROTOBUF,
  DEFAULT_HEARTBEAT_INTERVAL_MS,
  DEFAULT_MAX_MESSAGE_BYTES,
  DEFAULT_PATH,
  DEFAULT_PORT,
  INSTANCE_UID_HEADER,
} from "@opamp/protocol";
import { expect, it } from "vitest";

it("agrees with the specification on what peers meet at by default", () => {
  expect({
    DEFAULT_PORT,
    DEFAULT_PATH,
    DEFAULT_HEARTBEAT_INTERVAL_MS,
    DEFAULT_MAX_MESSAGE_BYTES,
    CONTENT_TYPE_PROTOBUF,
    INSTANCE_UID_HEADER,
  }).toEqual({
    DEFAULT_PORT: 4320,
    DEFAULT_PATH: "/v1/opamp",
    DEFAULT_HEARTBEAT_INTERVAL_MS: 30_000,
    DEFAULT_MAX_MESSAGE_BYTES: 67_108_864,
    CONTENT_TYPE_PROTOBUF: "application/x-protobuf",
    INSTANCE_UID_HEADER: "opamp-instance-uid",
  });
});

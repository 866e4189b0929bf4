import { OpAMPError } from "@opamp/protocol";
import { expect, it } from "vitest";
import { errorFromNetwork } from "./network-error.ts";

const withCode = (code: string): Error => Object.assign(new Error("it broke"), { code });

it.each([
  ["ECONNREFUSED", "connect-failed"],
  ["ENOTFOUND", "connect-failed"],
  ["EAI_AGAIN", "connect-failed"],
  ["EHOSTUNREACH", "connect-failed"],
  ["SELF_SIGNED_CERT_IN_CHAIN", "tls-failed"],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "tls-failed"],
  ["ERR_TLS_CERT_ALTNAME_INVALID", "tls-failed"],
  ["CERT_HAS_EXPIRED", "tls-failed"],
  ["EPROTO", "tls-failed"],
  ["HPE_INVALID_CONSTANT", "unexpected-response"],
  ["Z_DATA_ERROR", "malformed-message"],
  ["WS_ERR_UNSUPPORTED_MESSAGE_LENGTH", "message-too-large"],
  ["WS_ERR_INVALID_OPCODE", "malformed-message"],
  ["ECONNRESET", "connection-lost"],
  ["EPIPE", "connection-lost"],
  ["ECONNABORTED", "connection-lost"],
])("means by %s the code %s", (code, meaning) => {
  const cause = withCode(code);
  const error = errorFromNetwork(cause, "connection-lost", "sending failed");
  expect(error).toMatchObject({ code: meaning, message: "sending failed: it broke", cause });
});

it("leaves an OpAMPError as it is", () => {
  const error = new OpAMPError("proxy-failed", "the proxy failed");
  expect(errorFromNetwork(error, "connection-lost", "x")).toBe(error);
});

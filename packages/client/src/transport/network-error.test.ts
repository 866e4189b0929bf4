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
  expect(error).toMatchObject({ code: meaning, cause });
  expect(error.message).toMatch(/^sending failed: it broke/);
});

it.each([
  ["SELF_SIGNED_CERT_IN_CHAIN", "; its authority is not among those of tls.ca, or the system's"],
  [
    "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    "; its authority is not among those of tls.ca, or the system's",
  ],
  ["CERT_HAS_EXPIRED", ""],
])("says for %s where to look", (code, hint) => {
  const error = errorFromNetwork(withCode(code), "connection-lost", "cannot connect");
  expect(error.message).toBe(`cannot connect: it broke${hint}`);
});

it("leaves an OpAMPError as it is", () => {
  const error = new OpAMPError("proxy-failed", "the proxy failed");
  expect(errorFromNetwork(error, "connection-lost", "x")).toBe(error);
});

import { describeThrown, OpAMPError, type OpAMPErrorCode } from "@opamp/protocol";

/** What the codes of Node's, OpenSSL's, zlib's and ws's errors mean here; the first match counts. */
const MEANINGS: readonly (readonly [RegExp, OpAMPErrorCode])[] = [
  [/^WS_ERR_(UNSUPPORTED_MESSAGE_LENGTH|UNSUPPORTED_DATA_PAYLOAD_LENGTH)$/, "message-too-large"],
  [/^WS_ERR_TOO_MANY_BUFFERED_PARTS$/, "message-too-large"],
  [/^(WS_ERR_|Z_)/, "malformed-message"],
  [/^(HPE_|ERR_HTTP_)/, "unexpected-response"],
  [/^(ERR_TLS_|ERR_SSL_|ERR_OSSL_|CERT_|CRL_|UNABLE_TO_|EPROTO$)/, "tls-failed"],
  [/^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN)$/, "tls-failed"],
  [/^(INVALID_CA|INVALID_PURPOSE|HOSTNAME_MISMATCH|PATH_LENGTH_EXCEEDED)$/, "tls-failed"],
  [/^(ECONNREFUSED|ENOTFOUND|EAI_\w+|EHOSTUNREACH|ENETUNREACH|EHOSTDOWN)$/, "connect-failed"],
  [/^(ENETDOWN|EADDRNOTAVAIL|EADDRINUSE|EACCES|EPERM|EMFILE|ENFILE)$/, "connect-failed"],
];

/** Nobody trusted vouches for the certificate of the peer. */
const UNKNOWN_AUTHORITY =
  /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_GET_ISSUER_CERT(_LOCALLY)?|UNABLE_TO_VERIFY_LEAF_SIGNATURE)$/;

/**
 * Makes an `OpAMPError` of an error of the network stack. `otherwise` is the code for what means
 * different things at different times, such as a reset.
 */
export function errorFromNetwork(
  thrown: unknown,
  otherwise: OpAMPErrorCode,
  what: string,
): OpAMPError {
  const code = codeOf(thrown);
  const meaning = MEANINGS.find(([pattern]) => pattern.test(code))?.[1];
  const error = OpAMPError.from(thrown, meaning ?? otherwise, what);
  if (!UNKNOWN_AUTHORITY.test(code)) return error;
  const problem = `${error.message}; its authority is not among those of tls.ca, or the system's`;
  return new OpAMPError(error.code, problem, { cause: thrown });
}

function codeOf(thrown: unknown): string {
  if (!(thrown instanceof Error) || !("code" in thrown)) return "";
  return String(thrown.code);
}

/** What happened, in one line without a stack, for errors whose fields may hold credentials. */
export function withoutDetails(thrown: unknown): Error {
  return new Error(describeThrown(thrown));
}

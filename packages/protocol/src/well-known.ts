/** The port a server listens on by default (S-02, C-03). */
export const DEFAULT_PORT = 4320;

/** The URL path of the protocol by default (W-01). */
export const DEFAULT_PATH = "/v1/opamp";

/** The heartbeat and poll interval unless configured otherwise (C-12, C-74). */
export const DEFAULT_HEARTBEAT_INTERVAL_MS = 30_000;

/** The largest message accepted or sent by default: 64 MiB, counted uncompressed (W-16, W-21). */
export const DEFAULT_MAX_MESSAGE_BYTES: number = 64 * 1024 * 1024;

/** The media type of a message over HTTP (C-17). */
export const CONTENT_TYPE_PROTOBUF = "application/x-protobuf";

/** The HTTP request header that carries the instance uid as text (C-18). */
export const INSTANCE_UID_HEADER = "opamp-instance-uid";

/** WebSocket close codes that either end uses (RFC 6455, section 7.4.1). */
export const CloseCode = {
  /** The agent or the server is done. */
  Normal: 1000,
  /** The server shuts down or the process goes away. */
  GoingAway: 1001,
  /** The peer broke the WebSocket protocol. */
  ProtocolError: 1002,
  /** A text message arrived; OpAMP is binary only (W-03). */
  UnsupportedData: 1003,
  /** The peer broke a rule of this end, such as one uid used twice. */
  PolicyViolation: 1008,
  /** A message exceeds the size limit (S-05, C-07). */
  MessageTooBig: 1009,
  /** This end failed in a way it did not expect. */
  InternalError: 1011,
  /** The server is overloaded; come back later. */
  TryAgainLater: 1013,
} as const;

import type { Clock, Logger, Random, ServerCapability, UnknownBit } from "@opamp/protocol";
import type { ServerCallbacks } from "./callbacks.ts";
import type { OverloadSettings } from "./overload/overload-settings.ts";
import type { AllowedOrigins } from "./security/allowed-origins.ts";

/** Everything a server is told when it is made. Every member is optional. */
export interface ServerSettings {
  /** Called with what agents say, and about connections. */
  readonly callbacks?: ServerCallbacks;
  /** AcceptsStatus is always added (S-45). @default AcceptsStatus */
  readonly capabilities?: readonly (ServerCapability | UnknownBit)[];
  /** Announced in the first answer of each connection (W-50). */
  readonly customCapabilities?: readonly string[];
  /** Where agents connect. @default "/v1/opamp" */
  readonly path?: string;
  /**
   * From which origins, such as `https://fleet.example.com`, browsers may connect; all others get a
   * 403. Agents send no Origin header. @default that of the host that the request is for
   */
  readonly allowedOrigins?: AllowedOrigins;
  /** gzip responses and permessage-deflate, where the agent takes them. @default true */
  readonly compression?: boolean;
  /** @default those of `ServerLimits` */
  readonly limits?: ServerLimits;
  /** @default those of `ServerTimeouts` */
  readonly timeouts?: ServerTimeouts;
  /** When agents are told to come back later. @default no limit but those of `limits` */
  readonly overload?: OverloadSettings;
  /** Where the server tells what it does. */
  readonly logger?: Logger;
  /** Where time comes from. @default the system's */
  readonly clock?: Clock;
  /** For jitter. @default Math.random */
  readonly random?: Random;
}

export interface ServerLimits {
  /** The largest message received, in bytes after decompression (S-03, S-13). @default 67108864 (64 MiB) */
  readonly maxReceiveBytes?: number;
  /** The largest message sent, in bytes before compression (S-06, S-15). @default 67108864 (64 MiB) */
  readonly maxSendBytes?: number;
  /** How many messages wait for a slow WebSocket reader. @default 256 */
  readonly maxQueuedMessages?: number;
  /** How many bytes wait for a slow WebSocket reader. @default 67108864 (64 MiB) */
  readonly maxQueuedBytes?: number;
  /** How many received messages of one connection wait for `onMessage` before reading pauses. @default 16 */
  readonly maxPendingMessages?: number;
  /**
   * Request line and headers of one request, in bytes, on the port that `listen` opens; more is
   * answered with 431. @default 16384 (16 KiB)
   */
  readonly maxHeaderBytes?: number;
  /**
   * How many messages that cannot be read may come in a row on one WebSocket; each is answered, and
   * one more cuts it with 1008. @default 16
   */
  readonly maxUnreadableMessages?: number;
  /** How many agents may share one WebSocket; one more is answered with an error (W-71). @default 10000 */
  readonly maxAgentsPerConnection?: number;
}

/** In milliseconds. */
export interface ServerTimeouts {
  /**
   * For a TLS handshake, and for request line and headers, to arrive on the port that `listen` opens;
   * then the connection is cut. @default 10000
   */
  readonly headersMs?: number;
  /** For an HTTP request body to arrive. @default 30000 */
  readonly requestMs?: number;
  /** For `onConnecting` to decide; then the agent is refused with 503. 0 waits forever. @default 30000 */
  readonly connectingMs?: number;
  /** For one message to be written to a WebSocket, before it is cut (L-30). @default 30000 */
  readonly writeMs?: number;
  /** Between WebSocket pings; 0 sends none. @default 30000 */
  readonly pingIntervalMs?: number;
  /** From a WebSocket ping to its pong. @default 10000 */
  readonly pongMs?: number;
  /** Over which `close` spreads its close frames, so that a fleet does not come back at once. @default 0 */
  readonly drainMs?: number;
  /** For `close` to finish what is under way, before it cuts (L-29). @default 10000 */
  readonly closeMs?: number;
}

import type { Clock, Logger, Random } from "@opamp/protocol";
import type { ClientLimits, ClientTimeouts, NetworkSettings } from "../settings.ts";
import type { CheckRedirect } from "../transport/network-options.ts";
import type { Transport } from "../transport/transport.ts";

/** How the clients on a shared connection reach their server. Only the URL is needed. */
export interface SharedConnectionOptions extends NetworkSettings {
  /** Asked before a redirect is followed (L-04). */
  readonly checkRedirect?: CheckRedirect;
  /** The largest message received; how many redirects one attempt follows. */
  readonly limits?: Pick<ClientLimits, ConnectionLimit>;
  readonly timeouts?: Omit<ClientTimeouts, "switchMs">;
  /** Also of its clients, unless they have their own. */
  readonly logger?: Logger;
  /** Also of its clients, unless they have their own. @default the system's */
  readonly clock?: Clock;
  /** Also of its clients, unless they have their own. @default Math.random */
  readonly random?: Random;
  /** Replaces the transport that the URL chooses. */
  readonly transport?: Transport;
}

/** The limits that are a connection's own; the others are its agents'. */
export const connectionLimits = ["maxReceiveBytes", "maxRedirects"] as const;
type ConnectionLimit = (typeof connectionLimits)[number];

/**
 * One connection to a server for any number of clients: give it to each as `connection`. It is open
 * while at least one of them is started.
 */
export interface SharedConnection {
  /** How many clients are started on it. */
  readonly clients: number;
}

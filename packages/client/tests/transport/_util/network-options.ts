import { silentLogger, systemClock } from "@opamp/protocol";
import type {
  NetworkLimits,
  NetworkOptions,
  NetworkTimeouts,
} from "../../../src/transport/network-options.ts";

export type NetworkOverrides = Partial<Omit<NetworkOptions, "url" | "limits" | "timeouts">> & {
  readonly limits?: Partial<NetworkLimits>;
  readonly timeouts?: Partial<NetworkTimeouts>;
};

/** Options for a transport, with deadlines that no passing test reaches. */
export function networkOptions(
  url: string | URL,
  overrides: NetworkOverrides = {},
): NetworkOptions {
  return {
    headers: {},
    tls: {},
    proxy: undefined,
    compression: false,
    checkRedirect: undefined,
    logger: silentLogger,
    clock: systemClock,
    ...overrides,
    url: new URL(url),
    limits: { maxReceiveBytes: 1024 * 1024, maxRedirects: 5, ...overrides.limits },
    timeouts: {
      connectMs: 8000,
      responseMs: 8000,
      writeMs: 8000,
      pingIntervalMs: 0,
      pongMs: 8000,
      closeMs: 8000,
      ...overrides.timeouts,
    },
  };
}

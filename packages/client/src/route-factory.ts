import { OpAMPError } from "@opamp/protocol";
import {
  type ConnectionSettings,
  changedConnectionSettings,
  type Route,
  type WholeConnectionSettings,
} from "./connection-settings.ts";
import { namedSetting, type ResolvedSettings } from "./resolve-settings.ts";
import type { StartSettings } from "./settings.ts";
import { createTransport } from "./transport/create-transport.ts";
import type { NetworkOptions } from "./transport/network-options.ts";
import { resolveServerUrl } from "./transport/server-url.ts";
import type { Transport } from "./transport/transport.ts";

/** Makes the routes of one client. Throws `invalid-argument` for settings that do not fit. */
export interface RouteFactory {
  /** The one that the start settings name. */
  readonly first: Route;
  readonly change: (present: Route, change: ConnectionSettings) => Route;
}

export function createRouteFactory(
  settings: StartSettings,
  resolved: ResolvedSettings,
): RouteFactory {
  const create = (whole: WholeConnectionSettings): Route =>
    routeFrom(whole, transportFor(whole, settings, resolved));
  const { serverUrl, headers = {}, tls = {}, proxy = null, compression = false } = settings;
  const { heartbeatIntervalMs } = resolved;
  return {
    first: create({ serverUrl, headers, tls, proxy, compression, heartbeatIntervalMs }),
    change(present, change) {
      if (typeof settings.transport === "object") {
        throw new OpAMPError(
          "invalid-state",
          "settings.transport is one transport; give a function that makes one for each settings",
        );
      }
      return create(changedConnectionSettings(present.settings, change));
    },
  };
}

function routeFrom(settings: WholeConnectionSettings, transport: Transport): Route {
  assertInterval(settings.heartbeatIntervalMs, transport);
  return { settings, transport };
}

/** Throws `invalid-argument` for an interval that does not fit the transport. */
export function assertInterval(heartbeatIntervalMs: number, transport: Transport): void {
  if (!Number.isFinite(heartbeatIntervalMs) || heartbeatIntervalMs < 0) {
    throw invalidInterval("not a finite number of at least 0");
  }
  if (transport.pollsForMessages && heartbeatIntervalMs === 0) {
    throw invalidInterval("0; over HTTP it is the poll interval and has to be above 0");
  }
}

function transportFor(
  whole: WholeConnectionSettings,
  { transport, callbacks }: StartSettings,
  { limits, timeouts, logger, clock }: ResolvedSettings,
): Transport {
  if (transport !== undefined) {
    return typeof transport === "function" ? transport(whole) : transport;
  }
  const checkRedirect = callbacks?.checkRedirect;
  return createNetworkTransport(whole, { checkRedirect, limits, timeouts, logger, clock });
}

type TransportOptions = Pick<ResolvedSettings, "limits" | "timeouts" | "logger" | "clock"> &
  Pick<NetworkOptions, "checkRedirect" | "sharesSockets">;

/** The transport that the URL chooses. */
export function createNetworkTransport(
  whole: WholeConnectionSettings,
  { checkRedirect, sharesSockets = false, ...others }: TransportOptions,
): Transport {
  const { limits, timeouts, logger, clock } = others;
  return createTransport({
    url: namedSetting("serverUrl", () => resolveServerUrl(whole.serverUrl)),
    headers: whole.headers,
    tls: whole.tls,
    proxy: whole.proxy ?? undefined,
    compression: whole.compression,
    sharesSockets,
    checkRedirect,
    limits,
    timeouts: { ...timeouts, closeMs: timeouts.stopMs },
    logger,
    clock,
  });
}

function invalidInterval(problem: string): OpAMPError {
  return new OpAMPError("invalid-argument", `heartbeatIntervalMs is ${problem}`);
}

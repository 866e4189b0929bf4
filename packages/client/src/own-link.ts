import { Connection } from "./connection.ts";
import { ConnectionSwitch } from "./connection-switch.ts";
import { guardRetryPolicy } from "./guard-retry-policy.ts";
import type { CreateLink } from "./link.ts";
import type { ResolvedSettings } from "./resolve-settings.ts";
import type { RouteFactory } from "./route-factory.ts";

/** A connection for one agent alone, which may switch to other settings. */
export function ownLink(routes: RouteFactory, resolved: ResolvedSettings): CreateLink {
  const { retry, clock, random, timeouts } = resolved;
  return (host) => {
    const connection = new Connection({
      route: routes.first,
      instanceUid: () => host.instanceUid,
      retry: guardRetryPolicy(retry, (error) => host.report(error)),
      clock,
      random,
      firstReplyMs: timeouts.responseMs,
      closeMs: timeouts.stopMs,
      maxRetryAfterMs: timeouts.maxRetryAfterMs,
      events: host,
    });
    return {
      control: new ConnectionSwitch({
        connection,
        createRoute: routes.change,
        clock,
        allSaid: () => host.allSaid(),
        switchMs: timeouts.switchMs,
      }),
      isShared: false,
      get pollsForMessages() {
        return connection.transport.pollsForMessages;
      },
      get isOnTrial() {
        return connection.isOnTrial;
      },
      start: () => connection.start(),
      prove: () => connection.prove(),
      drop: (error) => connection.drop(error),
      stop: () => connection.stop(),
      claimUid() {},
      inTurn: (act) => act(),
    };
  };
}

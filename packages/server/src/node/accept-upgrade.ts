import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { WebSocketServer } from "ws";
import type { ResolvedSettings } from "../resolve-settings.ts";
import { AgentSocket } from "./agent-socket.ts";
import type { Upgrade } from "./refuse-upgrade.ts";

/** Does the WebSocket handshake. Resolves with undefined when it fails; it has been answered then. */
export type AcceptUpgrade = (upgrade: Upgrade) => Promise<AgentSocket | undefined>;

/** The largest limit that `ws` takes. */
const MAX_PAYLOAD = 2 ** 31 - 1;

/**
 * Compression keeps no window between messages: a window costs some 200 KB a connection, more than
 * small messages gain.
 */
const withoutContextTakeover = {
  serverNoContextTakeover: true,
  clientNoContextTakeover: true,
  threshold: 1024,
} as const;

/** Makes the handshake of a server. */
export function createAcceptUpgrade(settings: ResolvedSettings): AcceptUpgrade {
  const options = {
    noServer: true,
    clientTracking: false,
    WebSocket: AgentSocket,
    maxPayload: Math.min(settings.limits.maxReceiveBytes, MAX_PAYLOAD),
    perMessageDeflate: settings.compression && withoutContextTakeover,
    closeTimeout: settings.timeouts.closeMs,
  };
  const webSockets = new WebSocketServer(options);
  return async ({ request, socket, head }) => {
    const refused = once(socket, "close").then(() => undefined);
    const opened = new Promise<AgentSocket>((resolve) => {
      webSockets.handleUpgrade(request, socket, head, resolve);
    });
    return Promise.race([opened, refused]);
  };
}

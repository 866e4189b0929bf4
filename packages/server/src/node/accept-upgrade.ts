import { type WebSocket, WebSocketServer } from "ws";
import type { ResolvedSettings } from "../resolve-settings.ts";
import { AgentSocket, COMPRESSED_BYTES } from "./agent-socket.ts";
import type { Upgrade } from "./refuse-upgrade.ts";

/**
 * Does the WebSocket handshake, and hands over the open WebSocket before its first event. Resolves
 * with whether it is open; if not, the handshake failed and was answered with a 4xx.
 */
export type AcceptUpgrade = (
  upgrade: Upgrade,
  opened: (webSocket: AgentSocket) => void,
) => Promise<boolean>;

/**
 * Compression keeps no window between messages: a window costs some 200 KB a connection, more than
 * small messages gain.
 */
const withoutContextTakeover = {
  serverNoContextTakeover: true,
  clientNoContextTakeover: true,
  threshold: COMPRESSED_BYTES,
} as const;

/** Makes the handshake of a server. */
export function createAcceptUpgrade(settings: ResolvedSettings): AcceptUpgrade {
  const options = {
    noServer: true,
    clientTracking: false,
    WebSocket: AgentSocket as unknown as typeof WebSocket,
    maxPayload: settings.limits.maxReceiveBytes,
    perMessageDeflate: settings.compression && withoutContextTakeover,
    closeTimeout: settings.timeouts.closeMs,
  };
  const webSockets = new WebSocketServer(options);
  return ({ request, socket, head }, opened) =>
    new Promise((resolve) => {
      const failed = (): void => resolve(false);
      socket.once("close", failed);
      webSockets.handleUpgrade(request, socket, head, (webSocket) => {
        socket.off("close", failed);
        if (webSocket instanceof AgentSocket) opened(webSocket);
        resolve(true);
      });
    });
}

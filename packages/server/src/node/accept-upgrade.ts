import { type WebSocket, WebSocketServer } from "ws";
import type { ResolvedSettings } from "../resolve-settings.ts";
import { AgentSocket, COMPRESSED_BYTES } from "./agent-socket.ts";
import { LateWebSocket, type WsOptions } from "./late-web-socket.ts";
import { plainHandshake } from "./plain-handshake.ts";
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
  const { limits, timeouts, compression } = settings;
  const maxPayload = limits.maxReceiveBytes;
  const own = {
    noServer: true,
    clientTracking: false,
    WebSocket: LateWebSocket as unknown as typeof WebSocket,
    maxPayload,
    perMessageDeflate: compression && withoutContextTakeover,
    closeTimeout: timeouts.closeMs,
  };
  const webSockets = new WebSocketServer(own);
  const options: WsOptions = { ...webSockets.options, maxPayload };
  return async (upgrade, opened) => {
    const { request, socket, head } = upgrade;
    const answer = plainHandshake(request, compression);
    // What to do about a socket that has ended is known to ws.
    if (answer === undefined || !socket.readable || !socket.writable) {
      return openByWs(webSockets, upgrade, (ws) =>
        opened(new AgentSocket({ socket, head, options, ws })),
      );
    }
    socket.write(answer, "latin1");
    opened(new AgentSocket({ socket, head, options }));
    return true;
  };
}

function openByWs(
  webSockets: WebSocketServer,
  { request, socket, head }: Upgrade,
  opened: (ws: LateWebSocket) => void,
): Promise<boolean> {
  return new Promise((resolve) => {
    const failed = (): void => resolve(false);
    socket.once("close", failed);
    webSockets.handleUpgrade(request, socket, head, (ws) => {
      socket.off("close", failed);
      if (ws instanceof LateWebSocket) opened(ws);
      resolve(true);
    });
  });
}

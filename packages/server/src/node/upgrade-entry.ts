import { CloseCode, describeThrown } from "@opamp/protocol";
import type { Admission } from "../connect-decision.ts";
import { textAnswer } from "../http/http-answer.ts";
import type { Entrance } from "../overload/entrance.ts";
import { spreadOver } from "../overload/spread-over.ts";
import type { ResolvedSettings } from "../resolve-settings.ts";
import { WebSocketConnection } from "../websocket/connection.ts";
import { createWebSocketHub, type WebSocketHub } from "../websocket/hub.ts";
import { type AcceptUpgrade, createAcceptUpgrade } from "./accept-upgrade.ts";
import { NodeConnectRequest } from "./connect-request.ts";
import { destroyOnError, refuseUpgrade, type Upgrade } from "./refuse-upgrade.ts";
import { watchSocket } from "./watch-socket.ts";

const notWebSocket = textAnswer(400, "this endpoint upgrades to WebSocket only");

const goingAway = [CloseCode.GoingAway, "the server is shutting down"] as const;

/** Where the upgrades of Node come in, and the WebSockets that they became. */
export class UpgradeEntry {
  readonly #settings: ResolvedSettings;
  readonly #entrance: Entrance;
  readonly #hub: WebSocketHub<WebSocketConnection>;
  readonly #accept: AcceptUpgrade;
  readonly #underWay = new Map<Upgrade, Promise<void>>();

  constructor(settings: ResolvedSettings, entrance: Entrance) {
    this.#settings = settings;
    this.#entrance = entrance;
    this.#hub = createWebSocketHub(settings, entrance);
    this.#accept = createAcceptUpgrade(settings);
  }

  get connections(): ReadonlySet<WebSocketConnection> {
    return this.#hub.connections;
  }

  /** Opens a WebSocket or refuses it. Never rejects. */
  async handle(upgrade: Upgrade): Promise<void> {
    const handled = this.#openOrDestroy(upgrade);
    this.#underWay.set(upgrade, handled);
    await handled;
    this.#underWay.delete(upgrade);
  }

  /** Begins to close each WebSocket at its own moment of the window. Resolves when it is over. */
  async drain(windowMs: number): Promise<void> {
    const { clock, random } = this.#settings;
    await spreadOver(this.#hub.connections, { windowMs, clock, random }, (connection) => {
      void connection.finish(...goingAway);
    });
  }

  /**
   * Closes every WebSocket once it has its answers. Resolves when all are closed and all upgrades
   * under way are refused.
   */
  async finish(): Promise<void> {
    const closing = [...this.#hub.connections].map((connection) => connection.finish(...goingAway));
    await Promise.all([...closing, ...this.#underWay.values()]);
  }

  /** Cuts what is left, and frees the timers. Resolves when all sockets are closed. */
  async cut(): Promise<void> {
    for (const { socket } of this.#underWay.keys()) socket.destroy();
    const cutting = [...this.#hub.connections].map((connection) => connection.cut(...goingAway));
    await Promise.all(cutting);
    this.#hub.clear();
  }

  async #openOrDestroy(upgrade: Upgrade): Promise<void> {
    try {
      await this.#enter(upgrade);
    } catch (thrown) {
      this.#settings.logger.error(`an upgrade was cut off: ${describeThrown(thrown)}`);
      upgrade.socket.destroy();
    }
  }

  async #enter(upgrade: Upgrade): Promise<void> {
    const { logger } = this.#settings;
    const { request, socket } = upgrade;
    // Whoever owned the socket may have kept it until the agent had gone.
    if (socket.destroyed) return;
    socket.on("error", destroyOnError);
    if (request.headers.upgrade?.toLowerCase() !== "websocket") {
      return refuseUpgrade(upgrade, notWebSocket, logger);
    }
    const refusal = this.#entrance.enterHandshake();
    if (refusal !== undefined) return refuseUpgrade(upgrade, refusal.answer, logger);
    try {
      await this.#admitAndOpen(upgrade);
    } finally {
      this.#entrance.leave();
    }
  }

  async #admitAndOpen(upgrade: Upgrade): Promise<void> {
    const { logger } = this.#settings;
    const { request, socket: rawSocket } = upgrade;
    const connect = new NodeConnectRequest("websocket", request);
    const admission = await this.#admit(upgrade, connect);
    if (connect.aborted) return void rawSocket.destroy();
    if (!this.#entrance.isOpen()) {
      const { answer } = this.#entrance.refusals.refuse("closing");
      return refuseUpgrade(upgrade, answer, logger);
    }
    if (!admission.admitted) return refuseUpgrade(upgrade, admission.answer, logger);
    const { callbacks } = admission;
    await this.#accept(upgrade, (socket) => {
      rawSocket.off("error", destroyOnError);
      const parts = { hub: this.#hub, socket, request: connect, callbacks };
      socket.listen(new WebSocketConnection(parts));
    });
  }

  async #admit({ socket }: Upgrade, connect: NodeConnectRequest): Promise<Admission> {
    const stopWatching = watchSocket(socket, () => connect.abort());
    const admission = await this.#entrance.admit(connect);
    stopWatching();
    return admission;
  }
}

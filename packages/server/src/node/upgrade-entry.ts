import { CloseCode, describeThrown } from "@opamp/protocol";
import type { Admission, Refused } from "../connect-decision.ts";
import { textAnswer } from "../http/http-answer.ts";
import type { WebSocketGauges } from "../observe/server-observer.ts";
import type { Entrance } from "../overload/entrance.ts";
import { spreadOver } from "../overload/spread-over.ts";
import type { ServerContext } from "../server-context.ts";
import { WebSocketConnection } from "../websocket/connection.ts";
import { createWebSocketHub, type WebSocketHub } from "../websocket/hub.ts";
import { type AcceptUpgrade, createAcceptUpgrade } from "./accept-upgrade.ts";
import { NodeConnectRequest } from "./connect-request.ts";
import { destroyOnError, refuseUpgrade, type Upgrade } from "./refuse-upgrade.ts";
import { watchSocket } from "./watch-socket.ts";

const notWebSocket: Refused = {
  reason: "malformed",
  answer: textAnswer(400, "this endpoint upgrades to WebSocket only"),
};

const goingAway = [CloseCode.GoingAway, "the server is shutting down"] as const;

/** Where the upgrades of Node come in, and the WebSockets that they became. */
export class UpgradeEntry {
  readonly #context: ServerContext;
  readonly #entrance: Entrance;
  readonly #hub: WebSocketHub<WebSocketConnection>;
  readonly #accept: AcceptUpgrade;
  readonly #underWay = new Map<Upgrade, Promise<void>>();

  constructor(context: ServerContext, entrance: Entrance) {
    this.#context = context;
    this.#entrance = entrance;
    this.#hub = createWebSocketHub(context, entrance);
    this.#accept = createAcceptUpgrade(context);
  }

  get connections(): ReadonlySet<WebSocketConnection> {
    return this.#hub.connections;
  }

  /** What is under way and what waits, all connections together. */
  gauges(): WebSocketGauges {
    const sums = { agents: 0, messagesPending: 0, messagesQueued: 0, bytesQueued: 0 };
    for (const connection of this.#hub.connections) connection.addTo(sums);
    return { handshakes: this.#underWay.size, ...sums };
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
    const { clock, random } = this.#context;
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
    const cutting = [...this.#hub.connections].map((connection) =>
      connection.cut("shutdown", ...goingAway),
    );
    await Promise.all(cutting);
    this.#hub.clear();
  }

  async #openOrDestroy(upgrade: Upgrade): Promise<void> {
    try {
      await this.#enter(upgrade);
    } catch (thrown) {
      this.#context.logger.error(`an upgrade was cut off: ${describeThrown(thrown)}`);
      upgrade.socket.destroy();
    }
  }

  async #enter(upgrade: Upgrade): Promise<void> {
    const { request, socket } = upgrade;
    // Whoever owned the socket may have kept it until the agent had gone.
    if (socket.destroyed) return;
    socket.on("error", destroyOnError);
    if (request.headers.upgrade?.toLowerCase() !== "websocket") {
      return this.#refuse(upgrade, notWebSocket);
    }
    const refusal = this.#entrance.enterHandshake();
    if (refusal !== undefined) return this.#refuse(upgrade, refusal);
    try {
      await this.#admitAndOpen(upgrade);
    } finally {
      this.#entrance.leave();
    }
  }

  async #admitAndOpen(upgrade: Upgrade): Promise<void> {
    const connect = new NodeConnectRequest("websocket", upgrade.request);
    const admission = await this.#admit(upgrade, connect);
    if (connect.aborted) return void upgrade.socket.destroy();
    if (!this.#entrance.isOpen()) {
      return this.#refuse(upgrade, this.#entrance.refusals.refuse("closing"));
    }
    if (!admission.admitted) return this.#refuse(upgrade, admission);
    const { callbacks } = admission;
    const isOpen = await this.#accept(upgrade, (socket) => {
      upgrade.socket.off("error", destroyOnError);
      const parts = { hub: this.#hub, socket, request: connect, callbacks };
      socket.listen(new WebSocketConnection(parts));
    });
    if (isOpen) return;
    const { websocket } = this.#context.observer;
    websocket.refused(connect, { reason: "malformed", status: undefined });
  }

  async #refuse(upgrade: Upgrade, { reason, answer }: Refused): Promise<void> {
    const { logger, observer } = this.#context;
    const { remoteAddress } = upgrade.request.socket;
    logger.debug(`a WebSocket from ${remoteAddress} is refused with ${answer.status}`);
    const origin = { transport: "websocket", remoteAddress } as const;
    observer.websocket.refused(origin, { reason, status: answer.status });
    await refuseUpgrade(upgrade, answer, logger);
  }

  async #admit({ socket }: Upgrade, connect: NodeConnectRequest): Promise<Admission> {
    const stopWatching = watchSocket(socket, () => connect.abort());
    const admission = await this.#entrance.admit(connect);
    stopWatching();
    return admission;
  }
}

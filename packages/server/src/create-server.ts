import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { OpAMPError } from "@opamp/protocol";
import type { Connection } from "./connection.ts";
import { HttpEntry } from "./http/http-entry.ts";
import { attachRoute, type Route } from "./node/attach.ts";
import { NodeHttpRequest } from "./node/http-request.ts";
import { type Listener, openListener } from "./node/listener.ts";
import type { NodeRequest, NodeResponse, NodeServer } from "./node/node-types.ts";
import { UpgradeEntry } from "./node/upgrade-entry.ts";
import type { ServerStats } from "./observe/server-stats.ts";
import { Entrance } from "./overload/entrance.ts";
import type { CloseOptions, ListenOptions, OpAMPServer } from "./server.ts";
import { createServerContext, type ServerContext } from "./server-context.ts";
import type { ServerSettings } from "./settings.ts";

/** Makes a server. Throws `invalid-argument` for a setting that makes no sense. */
export function createOpAMPServer(settings: ServerSettings = {}): OpAMPServer {
  return new DefaultServer(createServerContext(settings));
}

type State =
  | { readonly name: "open" }
  | { readonly name: "listening"; readonly listener: Promise<Listener> }
  | { readonly name: "closing"; readonly closed: Promise<void> }
  /** Until `listen` or `attach` is called again. */
  | { readonly name: "closed" };

class DefaultServer implements OpAMPServer {
  readonly #route: Route;
  readonly #context: ServerContext;
  readonly #entrance: Entrance;
  readonly #http: HttpEntry;
  readonly #upgrades: UpgradeEntry;
  readonly #attachments = new Set<() => void>();
  #state: State = { name: "open" };
  #address: AddressInfo | undefined;

  constructor(context: ServerContext) {
    this.#context = context;
    const entrance = new Entrance({
      context,
      isOpen: () => this.#state.name === "open" || this.#state.name === "listening",
      openConnections: () => this.#upgrades.connections.size,
    });
    this.#entrance = entrance;
    this.#http = new HttpEntry(context, entrance);
    this.#upgrades = new UpgradeEntry(context, entrance);
    this.#route = {
      path: context.path,
      logger: context.logger,
      handleRequest: (request, response) => this.handleRequest(request, response),
      handleUpgrade: (request, socket, head) => this.handleUpgrade(request, socket, head),
    };
  }

  get connections(): ReadonlySet<Connection> {
    return this.#upgrades.connections;
  }

  get address(): AddressInfo | undefined {
    return this.#address;
  }

  stats(): ServerStats {
    return this.#context.observer.stats(this.#upgrades.gauges());
  }

  async listen(options: ListenOptions = {}): Promise<AddressInfo> {
    if (this.#state.name === "listening" || this.#state.name === "closing") {
      throw new OpAMPError(
        "invalid-state",
        `listen was called while the server is ${this.#state.name}`,
      );
    }
    const listener = openListener(this.#route, options, this.#context);
    this.#state = { name: "listening", listener };
    try {
      this.#address = (await listener).address;
      return this.#address;
    } catch (thrown) {
      if (this.#state.name === "listening") this.#state = { name: "open" };
      throw thrown;
    }
  }

  attach(server: NodeServer): () => void {
    if (this.#state.name === "closing") {
      throw new OpAMPError("invalid-state", "attach was called while the server is closing");
    }
    if (this.#state.name === "closed") this.#state = { name: "open" };
    const detach = attachRoute(server, this.#route);
    const undo = (): void => {
      if (this.#attachments.delete(undo)) detach();
    };
    this.#attachments.add(undo);
    return undo;
  }

  async handleRequest(request: NodeRequest, response: NodeResponse): Promise<void> {
    const { limits, clock } = this.#context;
    await this.#http.handle(
      new NodeHttpRequest({
        request,
        response,
        deadlines: this.#http.bodies,
        entrance: this.#entrance,
        maxReceiveBytes: limits.maxReceiveBytes,
        clock,
      }),
    );
  }

  async handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    await this.#upgrades.handle({ request, socket, head });
  }

  async close(options: CloseOptions = {}): Promise<void> {
    if (this.#state.name !== "closing") {
      const { timeouts } = this.#context;
      const { deadlineMs = timeouts.closeMs, drainMs = timeouts.drainMs } = options;
      const listener = this.#state.name === "listening" ? this.#state.listener : undefined;
      const closed = this.#shutDown({ deadlineMs, drainMs }, listener);
      this.#state = { name: "closing", closed };
    }
    await this.#state.closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #shutDown(
    { deadlineMs, drainMs }: Required<CloseOptions>,
    opening: Promise<Listener> | undefined,
  ): Promise<void> {
    const listener = await opening?.catch(() => undefined);
    // The port stays open meanwhile: who comes is told when to come back.
    if (drainMs > 0) await this.#upgrades.drain(drainMs);
    const portClosed = listener?.close();
    this.#address = undefined;
    await this.#finishWithin(deadlineMs);
    this.#http.cut();
    listener?.cut();
    await this.#upgrades.cut();
    this.#entrance.clear();
    await portClosed;
    for (const undo of this.#attachments) undo();
    this.#state = { name: "closed" };
  }

  /** Waits for what is under way, but not longer than so many milliseconds. */
  async #finishWithin(deadlineMs: number): Promise<void> {
    const deadline = Promise.withResolvers<void>();
    const timer = this.#context.clock.setTimer(deadline.resolve, deadlineMs);
    const finished = Promise.all([this.#http.finish(), this.#upgrades.finish()]);
    await Promise.race([finished, deadline.promise]);
    timer.cancel();
  }
}

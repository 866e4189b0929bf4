import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import type { SecureContextOptions, TlsOptions } from "node:tls";
import type { Connection } from "./connection.ts";
import type { AddressLimits } from "./node/address-guard.ts";
import type { NodeRequest, NodeResponse, NodeServer } from "./node/node-types.ts";
import type { ServerStats } from "./observe/server-stats.ts";

/** Accepts agents over WebSocket and HTTP on one path. */
export interface OpAMPServer extends AsyncDisposable {
  /** The open WebSocket connections. */
  readonly connections: ReadonlySet<Connection>;
  /** Where `listen` listens; undefined before and after. */
  readonly address: AddressInfo | undefined;
  /** What it has counted since it was made, and what it holds now. Costs a walk over the connections. */
  stats(): ServerStats;
  /**
   * Opens a port of its own. Rejects with `connect-failed`, `tls-failed`, `invalid-argument` for a
   * port that is none, or `invalid-state` while it listens or closes; leaves nothing behind then, and
   * may be called again (L-29).
   */
  listen(options?: ListenOptions): Promise<AddressInfo>;
  /**
   * Serves the path on a server of yours: of `node:http`, `node:https`, or `node:http2`, where agents
   * use the HTTP transport. Requests for other paths go to the listeners it has at this time. Returns
   * how to undo it; `close` undoes it, too.
   */
  attach(server: NodeServer): () => void;
  /** For those who own the socket: answers one HTTP request. Resolves when answered. */
  handleRequest(request: NodeRequest, response: NodeResponse): Promise<void>;
  /** For those who own the socket: answers one upgrade. Resolves when the WebSocket is open or refused. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void>;
  /**
   * Takes no more connections, closes WebSockets with a close frame, waits for answers under way
   * until the deadline, then cuts (L-29). Later calls wait for the first. Afterwards `listen` and
   * `attach` may be called again.
   */
  close(options?: CloseOptions): Promise<void>;
}

export interface CloseOptions {
  /**
   * The close frames are spread over so many milliseconds; each agent is served until its own, and
   * who comes anew is refused with 503 (S-134, S-132). @default settings.timeouts.drainMs
   */
  readonly drainMs?: number;
  /** How long what is under way may take then, before it is cut. @default settings.timeouts.closeMs */
  readonly deadlineMs?: number;
}

export interface ListenOptions {
  /** 0 takes a free one. @default 4320 */
  readonly port?: number;
  /** @default all addresses */
  readonly host?: string;
  /** How many connections may wait to be taken; the system may allow fewer. @default 4096 */
  readonly backlog?: number;
  /**
   * Lets other processes of the same user listen there, too, when they say the same; the system gives
   * each connection to one of them. Not on every system: Linux has it, macOS and Windows do not.
   * @default false
   */
  readonly reusePort?: boolean;
  /** Certificate, key and, for client certificates, `ca`, `requestCert`, `rejectUnauthorized`. */
  readonly tls?: SecureContextOptions & TlsOptions;
  /** What one address may open; more is cut before anything is read from it. @default no limit */
  readonly perAddress?: AddressLimits;
}

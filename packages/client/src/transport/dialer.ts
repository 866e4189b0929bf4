import type { Agent } from "node:http";
import https from "node:https";
import type { Socket } from "node:net";
import type { NetworkOptions } from "./network-options.ts";
import { http } from "./node-http.ts";
import { parseProxy } from "./proxy-url.ts";
import { type Hop, isTls } from "./redirect.ts";
import { socketHost } from "./server-url.ts";
import { createTlsProfile, type TlsConnectOptions } from "./tls-profile.ts";
import { openTunnel } from "./tunnel.ts";

/** Knows how to reach an address: directly or by proxy, with or without TLS. */
export interface Dialer {
  /** An agent for the origin of one hop. The signal cuts tunnels that are being made. */
  agentFor(hop: Hop, options: AgentOptions): Agent;
}

export interface AgentOptions {
  readonly keepAlive: boolean;
  readonly signal: AbortSignal;
}

type Tunnel = (signal: AbortSignal, url: URL) => Promise<Socket>;

/** What a dialer has to know of the network. */
export type DialerOptions = Pick<NetworkOptions, "tls" | "proxy"> & {
  readonly timeouts: Pick<NetworkOptions["timeouts"], "connectMs">;
};

/** Throws `invalid-argument` for a proxy or TLS options that cannot be used. */
export function createDialer(options: DialerOptions): Dialer {
  const tls = createTlsProfile(options.tls);
  const proxy = options.proxy === undefined ? undefined : parseProxy(options.proxy);
  const timeoutMs = options.timeouts.connectMs;
  const tunnel: Tunnel | undefined =
    proxy &&
    ((signal, url) => openTunnel({ proxy, tls, signal, timeoutMs, target: targetOf(url) }));
  return {
    agentFor({ url, trusted }, { keepAlive, signal }) {
      const security = (): TlsConnectOptions => {
        const host = socketHost(url);
        return trusted ? tls.trusted(options.tls.serverName ?? host) : tls.untrusted(host);
      };
      const agent = isTls(url)
        ? new https.Agent({ keepAlive, ...security() })
        : new http.Agent({ keepAlive });
      if (tunnel !== undefined) connectThrough(agent, () => tunnel(signal, url));
      return agent;
    },
  };
}

/** Makes an agent take its connections from a tunnel, with TLS inside it where it speaks TLS. */
function connectThrough(agent: Agent, open: () => Promise<Socket>): void {
  const connectWithin = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) => {
    const settle = callback ?? (() => {});
    open()
      .then((socket) => {
        const within = { ...options, socket };
        return agent instanceof https.Agent ? (connectWithin(within) ?? socket) : socket;
      })
      .then(
        (socket) => settle(null, socket),
        (error) => settle(error, undefined as never),
      );
    return undefined;
  };
}

function targetOf(url: URL): { readonly host: string; readonly port: number } {
  const defaultPort = isTls(url) ? 443 : 80;
  return { host: socketHost(url), port: url.port === "" ? defaultPort : Number(url.port) };
}

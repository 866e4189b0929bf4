import type { AgentRemoteConfigInit, AgentToServer, ServerToAgentInit } from "@opamp/protocol";
import type { Abilities, TransportName } from "./ability.ts";
import type { EventLog, FailedEvent } from "./event-log.ts";
import type { MessageJson } from "./json.ts";

/** An implementation of a server, with an application that keeps to these rules. */
export interface ServerPeer {
  readonly name: string;
  readonly abilities: Abilities;
  start(options: ServerOptions): Promise<RunningServer>;
}

export interface ServerOptions {
  /** Certificate and private key in PEM form. */
  readonly tls?: { readonly cert: string; readonly key: string };
  readonly compression?: boolean;
  readonly customCapabilities?: readonly string[];
  /** Takes certificate requests, under the rules of opamp-go's example server; needs `tls`. */
  readonly signsRequests?: boolean;
}

/** Disposing of it ends it, if need be by force. */
export interface RunningServer extends AsyncDisposable {
  readonly events: EventLog<ServerEvent>;
  readonly port: number;
  /** @param port of a proxy before it. */
  url(transport: TransportName, port?: number): string;
  /** Offers a config to every agent that accepts one and has not reported its hash. */
  offerConfig(config: AgentRemoteConfigInit): void;
  /** Says something to one agent: now, or with the next answer to one that polls. */
  send(message: ServerToAgentInit): void;
  /** Stops and listens again on the same port, having forgotten everything. */
  restart(): Promise<void>;
}

export type ServerEvent =
  | { readonly event: "listening"; readonly port: number }
  | {
      readonly event: "connected";
      readonly connection: number;
      readonly headers: Readonly<Record<string, string>>;
      /** The common name in the client certificate, where one was verified. */
      readonly clientName?: string;
    }
  | {
      readonly event: "message";
      readonly connection: number;
      readonly message: MessageJson<AgentToServer>;
    }
  | { readonly event: "closed"; readonly connection: number }
  | { readonly event: "stopped" }
  | FailedEvent;

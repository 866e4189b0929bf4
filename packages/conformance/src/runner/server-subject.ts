import type {
  AgentToServer,
  ServerCapability,
  ServerToAgentInit,
  UnknownBit,
} from "@opamp/protocol";
import type { Access } from "../raw/access.ts";
import type { Recording } from "../raw/recording.ts";
import type { TransportName } from "../raw/transport-name.ts";

/**
 * A server to be examined. `start` rejects with a `NotSupportedError` for settings that it cannot be
 * given; the case is skipped then.
 */
export interface ServerSubject {
  readonly name: string;
  start(settings: ServerSubjectSettings): Promise<RunningServer>;
}

/** What a case needs a server to be. Every member is optional. */
export interface ServerSubjectSettings {
  /** @default AcceptsStatus */
  readonly capabilities?: readonly (ServerCapability | UnknownBit)[];
  readonly customCapabilities?: readonly string[];
  /** @default the server's */
  readonly path?: string;
  /** In bytes, after decompression. @default 67108864 */
  readonly maxReceiveBytes?: number;
  /** In bytes, before compression. @default 67108864 */
  readonly maxSendBytes?: number;
  /**
   * Whether it keeps track of its agents: asks for what it missed, assigns uids, offers by
   * capability. A library that leaves this to its user rejects. @default false
   */
  readonly tracksAgents?: boolean;
  /** Turns agents away, on either transport. @default lets all in */
  readonly turnAway?: (headers: Readonly<Record<string, unknown>>) => TurnAway | undefined;
}

/** How an agent is turned away. */
export interface TurnAway {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A server that runs, and the application on it. */
export interface RunningServer extends AsyncDisposable {
  /** Where it is reached. */
  url(transport: TransportName): string;
  /** What every connection to it needs. */
  readonly access?: Access;
  /** The messages that reached the application. */
  readonly delivered: Recording<AgentToServer>;
  /** What else the application was told. */
  readonly events: Recording<ServerEvent>;
  /** Scripts what the application does with the next messages, one after the other. */
  onNextMessages(...reactions: readonly ApplicationReaction[]): void;
  /** Sends on the newest connection over WebSocket, unasked; rejects when there is none. */
  push(message: ServerToAgentInit): Promise<void>;
  /** Closes the newest connection over WebSocket. */
  disconnect(): Promise<void>;
  /** Shuts the server down in order. */
  close(): Promise<void>;
}

/** What the application does with a message. */
export type ApplicationReaction =
  | { readonly kind: "answer"; readonly message: ServerToAgentInit }
  | { readonly kind: "throw" }
  | { readonly kind: "reject" }
  /** Never comes to an end. */
  | { readonly kind: "hang" };

/** What the application is told. */
export type ServerEvent =
  | { readonly kind: "connected"; readonly transport: TransportName }
  /** Bytes that are no message arrived. */
  | { readonly kind: "unreadable" }
  /** An answer could not be sent. */
  | { readonly kind: "not-sent"; readonly code: string }
  | {
      readonly kind: "disconnected";
      readonly transport: TransportName;
      /** Whether the agent said goodbye in a message. */
      readonly agentDisconnect: boolean;
    };

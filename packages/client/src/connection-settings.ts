import type { ConnectionSettingsOffersInit, OpAMPError } from "@opamp/protocol";
import type { HeadersSource, ProxyOptions, TlsOptions } from "./transport/network-options.ts";
import type { Transport } from "./transport/transport.ts";

/**
 * How to reach a server. What is absent stays as it is; null takes away. A member that is given
 * replaces the whole of what was there: headers and TLS options are not merged one by one.
 */
export interface ConnectionSettings {
  /** Another scheme is another transport. */
  readonly serverUrl?: string | URL;
  readonly headers?: HeadersSource | null;
  /** With the client certificate, which goes away when it is not among the new options (C-124). */
  readonly tls?: TlsOptions | null;
  readonly proxy?: ProxyOptions | null;
  readonly compression?: boolean;
  /** Between heartbeats or polls, in milliseconds. 0 sends no heartbeats on WebSocket. */
  readonly heartbeatIntervalMs?: number;
}

/** What became of a switch to other connection settings. */
export type SwitchOutcome =
  /** The server answered on the new connection; the new settings are in force. */
  | { readonly kind: "switched" }
  /** The new settings did not prove good; the former ones are in force again. */
  | { readonly kind: "rolled-back"; readonly error: OpAMPError }
  /** Another switch came before this one was proven. */
  | { readonly kind: "superseded" }
  /** The client was stopped before this one was proven. */
  | { readonly kind: "stopped" };

/** All settings of one connection. */
export interface WholeConnectionSettings {
  readonly serverUrl: string | URL;
  readonly headers: HeadersSource;
  readonly tls: TlsOptions;
  readonly proxy: ProxyOptions | null;
  readonly compression: boolean;
  readonly heartbeatIntervalMs: number;
}

/** What a server has offered, by the hash of the offer. */
export interface OfferedConnectionSettings {
  readonly hash: Uint8Array;
  /** Absent when they are in force, and only `others` remain to be taken. */
  readonly settings?: WholeConnectionSettings;
  /** Own telemetry and other connections of the same offer, which are taken after the switch. */
  readonly others?: ConnectionSettingsOffersInit;
}

/** What to store of offered settings, and as what. */
export interface ConnectionSettingsRecord extends OfferedConnectionSettings {
  readonly settings: WholeConnectionSettings;
  /**
   * A `candidate` is about to be tried: give it to the next run as `candidateConnectionSettings`. It
   * becomes `valid`, and replaces what the agent starts with, or is `dropped`.
   */
  readonly stage: "candidate" | "valid" | "dropped";
}

/** Settings and the transport that they make. */
export interface Route {
  readonly settings: WholeConnectionSettings;
  readonly transport: Transport;
}

export function changedConnectionSettings(
  present: WholeConnectionSettings,
  change: ConnectionSettings,
): WholeConnectionSettings {
  const { serverUrl, headers, tls, proxy, compression, heartbeatIntervalMs } = change;
  return {
    serverUrl: serverUrl ?? present.serverUrl,
    headers: headers === null ? {} : (headers ?? present.headers),
    tls: tls === null ? {} : (tls ?? present.tls),
    proxy: proxy === undefined ? present.proxy : proxy,
    compression: compression ?? present.compression,
    heartbeatIntervalMs: heartbeatIntervalMs ?? present.heartbeatIntervalMs,
  };
}

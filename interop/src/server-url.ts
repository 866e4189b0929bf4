import { DEFAULT_PATH } from "@opamp/protocol";
import type { RunningServer } from "./server-peer.ts";

/** The URLs of a server on this machine, by name, so that certificates fit. */
export function serverUrls(port: number, encrypted: boolean): RunningServer["url"] {
  return (transport, proxyPort = port) => {
    const scheme = transport === "websocket" ? "ws" : "http";
    return `${scheme}${encrypted ? "s" : ""}://localhost:${proxyPort}${DEFAULT_PATH}`;
  };
}

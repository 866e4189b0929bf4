import { createHash } from "node:crypto";
import type { WholeConnectionSettings } from "@opamp/client";
import { DEFAULT_HEARTBEAT_INTERVAL_MS } from "@opamp/protocol";
import type { AgentSettings } from "../settings.ts";
import { storedConnection } from "./stored-connection.ts";

const names = [
  "serverUrl",
  "headers",
  "tls",
  "proxy",
  "heartbeatIntervalMs",
  "connectionSettings",
] as const;

/** The digests of what the program itself says of the OpAMP connection, by setting. */
export type GivenDigests = Readonly<Record<(typeof names)[number], string>>;

/** The OpAMP connection as the program gives it. */
export function givenConnection(settings: AgentSettings): WholeConnectionSettings {
  const { serverUrl, headers = {}, tls = {}, proxy = null, compression = false } = settings;
  const { heartbeatIntervalMs = DEFAULT_HEARTBEAT_INTERVAL_MS } = settings;
  return { serverUrl, headers, tls, proxy, compression, heartbeatIntervalMs };
}

/** Headers that are made for each attempt always count as the same. */
export function givenDigests(settings: AgentSettings): GivenDigests {
  const { connectionSettings } = settings;
  const { serverUrl, headers, tls, proxy, heartbeatIntervalMs } = storedConnection(
    givenConnection(settings),
  );
  return {
    serverUrl: digest(serverUrl),
    headers: digest(headers),
    tls: digest(tls),
    proxy: digest(proxy),
    heartbeatIntervalMs: digest(heartbeatIntervalMs),
    connectionSettings: digest(connectionSettings && { policy: connectionSettings.policy ?? {} }),
  };
}

/** The settings that are not as they were. */
export function changedNames(before: GivenDigests, now: GivenDigests): readonly string[] {
  return names.filter((name) => before[name] !== now[name]);
}

export function isGivenDigests(value: object): value is GivenDigests {
  const digests: Readonly<Record<string, unknown>> = { ...value };
  return names.every((name) => typeof digests[name] === "string");
}

function digest(value: unknown): string {
  const text = JSON.stringify(value, sorted) ?? "none";
  return createHash("sha256").update(text).digest("hex");
}

/** The order in which members were written says nothing. */
function sorted(_name: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

import { fileURLToPath } from "node:url";
import type { ClientSubject, ServerSubject, TransportName } from "@opamp/conformance";
import { AgentCapabilities, type AgentCapability } from "@opamp/protocol";
import type { ClientTraits } from "./client-traits.ts";
import { createClientSubject } from "./client-subject.ts";
import { createPeerPool } from "./peer-pool.ts";
import { createServerSubject } from "./server-subject.ts";

/** An implementation of others that the suite runs over. */
export type ExaminedPeer = {
  /** The name of its files in `interop/conformance`. */
  readonly id: string;
  readonly name: string;
  readonly transports: readonly TransportName[];
  /** Gets ready for so many cases at a time. */
  warm(count: number): Promise<void>;
} & (
  | { readonly side: "client"; readonly subject: ClientSubject }
  | { readonly side: "server"; readonly subject: ServerSubject }
) & AsyncDisposable;

const every = Object.keys(AgentCapabilities) as AgentCapability[];
const goProgram = (name: string): string =>
  fileURLToPath(new URL(`../../peers/go/bin/${name}`, import.meta.url));

const opampGoTraits: ClientTraits = {
  settings: [
    "instanceUid",
    "health",
    "effectiveConfig",
    "remoteConfigStatus",
    "connectionSettingsStatus",
    "customCapabilities",
    "availableComponents",
    "flags",
    "headers",
    "compression",
  ],
  capabilities: every,
  reports: [
    "agentDescription",
    "health",
    "effectiveConfig",
    "remoteConfigStatus",
    "packageStatuses",
    "customCapabilities",
    "availableComponents",
    "capabilities",
    "customMessage",
    "connectionSettingsRequest",
  ],
  told: [
    "connected",
    "connectFailed",
    "serverError",
    "command",
    "remoteConfig",
    "packagesAvailable",
    "connectionSettings",
    "customCapabilities",
    "customMessage",
  ],
  makesUid: false,
  together: { ReportsPackageStatuses: "AcceptsPackages" },
  pollsWith: "ReportsHeartbeat",
};

export function opampGoClient(): ExaminedPeer {
  const name = "opamp-go client v0.23.0";
  const pool = createPeerPool({ name, command: [goProgram("client")] });
  return {
    id: "opamp-go-client",
    name,
    side: "client",
    transports: ["websocket", "http"],
    subject: createClientSubject(pool, opampGoTraits),
    warm: (count) => pool.warm(count),
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  };
}

export function opampGoServer(): ExaminedPeer {
  const name = "opamp-go server v0.23.0";
  const pool = createPeerPool({ name, command: [goProgram("scripted-server")] });
  return {
    id: "opamp-go-server",
    name,
    side: "server",
    transports: ["websocket", "http"],
    subject: createServerSubject(pool),
    warm: (count) => pool.warm(count),
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  };
}

/** Its capabilities are those that it knows how to fill in. */
const pythonTraits: ClientTraits = {
  settings: ["effectiveConfig", "remoteConfigStatus", "headers"],
  capabilities: [
    "ReportsStatus",
    "ReportsHeartbeat",
    "AcceptsRemoteConfig",
    "ReportsRemoteConfig",
    "ReportsEffectiveConfig",
  ],
  reports: ["effectiveConfig", "remoteConfigStatus"],
  told: ["connected", "connectFailed", "serverError", "remoteConfig"],
  makesUid: true,
};

export function pythonClient(): ExaminedPeer {
  const name = "opentelemetry-opamp-client (Python) 0.5b0";
  const directory = fileURLToPath(new URL("../../peers/python/", import.meta.url));
  const python = `${directory}bin/venv/bin/python`;
  const pool = createPeerPool({ name, command: [python, `${directory}client.py`] });
  return {
    id: "opentelemetry-python-client",
    name,
    side: "client",
    transports: ["http"],
    subject: createClientSubject(pool, pythonTraits),
    warm: (count) => pool.warm(count),
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  };
}

const javaTraits: ClientTraits = {
  settings: ["instanceUid", "effectiveConfig", "headers"],
  capabilities: [
    "ReportsStatus",
    "AcceptsRemoteConfig",
    "ReportsRemoteConfig",
    "ReportsEffectiveConfig",
  ],
  reports: ["agentDescription", "effectiveConfig", "remoteConfigStatus"],
  told: ["connected", "connectFailed", "serverError", "remoteConfig"],
  makesUid: true,
  together: {
    AcceptsRemoteConfig: "ReportsRemoteConfig",
    ReportsRemoteConfig: "AcceptsRemoteConfig",
  },
};

export function javaClient(): ExaminedPeer {
  const name = "opentelemetry-opamp-client (Java) 1.53.0-alpha";
  const bin = fileURLToPath(new URL("../../peers/java/bin", import.meta.url));
  const java = ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx128m"] as const;
  const command = [...java, "-cp", `${bin}/classes:${bin}/lib/*`, "opampinterop.Main"] as const;
  const pool = createPeerPool({ name, command });
  return {
    id: "opentelemetry-java-client",
    name,
    side: "client",
    transports: ["websocket", "http"],
    subject: createClientSubject(pool, javaTraits),
    warm: (count) => pool.warm(count),
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  };
}

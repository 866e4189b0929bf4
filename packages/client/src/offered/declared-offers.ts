import type {
  AgentCapability,
  ConnectionSettingsOffers,
  OpAMPConnectionSettings,
} from "@opamp/protocol";

type OtherClass = Exclude<keyof ConnectionSettingsOffers, "hash" | "opamp" | `$${string}`>;

const capabilityOfClass: Readonly<Record<OtherClass, AgentCapability>> = {
  ownMetrics: "ReportsOwnMetrics",
  ownTraces: "ReportsOwnTraces",
  ownLogs: "ReportsOwnLogs",
  otherConnections: "AcceptsOtherConnectionSettings",
};

const classes = Object.entries(capabilityOfClass) as [OtherClass, AgentCapability][];

/** The offers beside the OpAMP connection, without those that the agent did not declare (C-64). */
export function declaredOthers(
  offers: ConnectionSettingsOffers,
  declares: (capability: AgentCapability) => boolean,
): ConnectionSettingsOffers | undefined {
  const undeclared: Partial<Record<OtherClass, undefined>> = {};
  let any = false;
  for (const [name, capability] of classes) {
    if (!isOffered(offers, name)) continue;
    if (declares(capability)) any = true;
    else undeclared[name] = undefined;
  }
  if (!any) return undefined;
  const otherConnections = "otherConnections" in undeclared ? {} : offers.otherConnections;
  return { ...offers, ...undeclared, opamp: undefined, otherConnections };
}

export function offersAnything(offers: ConnectionSettingsOffers): boolean {
  return offers.opamp !== undefined || classes.some(([name]) => isOffered(offers, name));
}

/** Whether an offer changes the heartbeat interval and names no server: there is nothing to switch to. */
export function isOnlyInterval(opamp: OpAMPConnectionSettings | undefined): boolean {
  if (opamp === undefined || opamp.heartbeatIntervalSeconds === 0n) return false;
  const { destinationEndpoint, headers, certificate, tls, proxy } = opamp;
  const others = [headers, certificate, tls, proxy];
  return destinationEndpoint === "" && others.every((member) => member === undefined);
}

/** An empty map of other connections offers nothing (C-140). */
function isOffered(offers: ConnectionSettingsOffers, name: OtherClass): boolean {
  if (name !== "otherConnections") return offers[name] !== undefined;
  return Object.keys(offers.otherConnections).length > 0;
}

import {
  type AgentToServer,
  bytesFromInstanceUid,
  type InstanceUid,
  instanceUidFromBytes,
  RemoteConfigStatuses,
  type ServerToAgentInit,
} from "@opamp/protocol";
import { createOpAMPServer } from "@opamp/server";

/** A server that wants agents to have a uid and a config, and remembers what it was told. */
export interface ConfigServer extends AsyncDisposable {
  readonly url: string;
  /** What is known of the agents, by uid. */
  readonly agents: ReadonlyMap<InstanceUid, KnownAgent>;
  /** The config to be offered, now and later: two files that belong together. */
  want(version: string | undefined): void;
  /** The uid to be assigned to those that have another one. */
  assign(uid: InstanceUid | undefined): void;
  forget(): void;
  /** Resolves to false as soon as the condition holds; looks after each message. */
  until(condition: () => boolean): Promise<false>;
}

export interface KnownAgent {
  /** Such as `APPLIED v1`; undefined until it was reported. */
  readonly status?: string;
  /** The effective config, such as `v1`; `MIX` when its files are of different versions. */
  readonly effective?: string;
}

export async function startConfigServer(): Promise<ConfigServer> {
  const agents = new Map<InstanceUid, KnownAgent>();
  const watchers = new Set<() => void>();
  let wanted: string | undefined;
  let assigned: InstanceUid | undefined;
  const answer = (message: AgentToServer): ServerToAgentInit => {
    const uid = instanceUidFromBytes(message.instanceUid);
    const known = { ...agents.get(uid), ...told(message) };
    agents.set(uid, known);
    for (const look of watchers) look();
    if (assigned !== undefined && assigned !== uid) {
      return { agentIdentification: { newInstanceUid: bytesFromInstanceUid(assigned) } };
    }
    if (wanted === undefined || wanted === known.status?.split(" ")[1]) return {};
    return { remoteConfig: configOfVersion(wanted) };
  };
  const server = createOpAMPServer({
    capabilities: ["AcceptsStatus", "OffersRemoteConfig", "AcceptsEffectiveConfig"],
    callbacks: { onMessage: (_connection, message) => answer(message) },
  });
  const push = (version: string): void => {
    for (const connection of server.connections) {
      const uid = connection.instanceUids.at(-1);
      if (uid === undefined) continue;
      const instanceUid = bytesFromInstanceUid(uid);
      // One that is gone is offered it when it comes back.
      connection.send({ instanceUid, remoteConfig: configOfVersion(version) }).catch(() => {});
    }
  };
  const { port } = await server.listen({ port: 0, host: "127.0.0.1" });
  return {
    url: `ws://127.0.0.1:${port}/v1/opamp`,
    agents,
    want(version) {
      wanted = version;
      if (version !== undefined) push(version);
    },
    assign(uid) {
      assigned = uid;
    },
    forget: () => agents.clear(),
    until(condition) {
      const { promise, resolve } = Promise.withResolvers<false>();
      const look = (): void => {
        if (!condition()) return;
        watchers.delete(look);
        resolve(false);
      };
      watchers.add(look);
      look();
      return promise;
    },
    [Symbol.asyncDispose]: () => server.close({ deadlineMs: 1000 }),
  };
}

const names = ["one.txt", "two.txt"];

function configOfVersion(version: string) {
  const body = new TextEncoder().encode(version);
  const configMap = Object.fromEntries(names.map((name) => [name, { body }]));
  return { config: { configMap }, configHash: body };
}

function told({ remoteConfigStatus, effectiveConfig }: AgentToServer): KnownAgent {
  const decoder = new TextDecoder();
  const files = Object.values(effectiveConfig?.configMap?.configMap ?? {});
  const versions = new Set(files.map(({ body }) => decoder.decode(body)));
  const [effective = "none"] = versions;
  return {
    ...(remoteConfigStatus && {
      status: `${statusNames.get(remoteConfigStatus.status)} ${decoder.decode(remoteConfigStatus.lastRemoteConfigHash)}`,
    }),
    ...(effectiveConfig && { effective: versions.size > 1 ? "MIX" : effective }),
  };
}

const statusNames: ReadonlyMap<number, string> = new Map(
  Object.entries(RemoteConfigStatuses).map(([name, value]) => [Number(value), name]),
);

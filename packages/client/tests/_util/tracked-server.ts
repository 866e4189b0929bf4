import {
  type AgentToServer,
  type InstanceUid,
  instanceUidFromBytes,
  type ServerToAgentInit,
} from "@opamp/protocol";
import { accept, type Connection, createOpAMPServer, reject } from "@opamp/server";

export interface TrackedServer extends AsyncDisposable {
  readonly url: string;
  /** What each agent said, by its uid. */
  readonly said: ReadonlyMap<InstanceUid, readonly AgentToServer[]>;
  readonly connections: ReadonlySet<Connection>;
  /** Handshakes that asked to be let in, and sockets that carried an HTTP request. */
  readonly attempts: number;
  readonly sockets: ReadonlySet<string>;
  /** Refuses the next handshakes. */
  refuseNext(count: number): void;
}

export interface TrackedServerOptions {
  readonly scheme: "ws" | "http";
  readonly answer?: (uid: InstanceUid, message: AgentToServer) => ServerToAgentInit | undefined;
}

/** The server of this repository, which notes what it hears. */
export async function startTrackedServer({
  scheme,
  answer,
}: TrackedServerOptions): Promise<TrackedServer> {
  const said = new Map<InstanceUid, AgentToServer[]>();
  const sockets = new Set<string>();
  let attempts = 0;
  let refusals = 0;
  const server = createOpAMPServer({
    capabilities: ["AcceptsStatus"],
    customCapabilities: ["com.example.a"],
    callbacks: {
      onConnecting: ({ remoteAddress, remotePort }) => {
        attempts += 1;
        sockets.add(`${remoteAddress}:${remotePort}`);
        refusals -= 1;
        return refusals < 0 ? accept() : reject(500);
      },
      onMessage: (_connection, message) => {
        const uid = instanceUidFromBytes(message.instanceUid);
        said.set(uid, [...(said.get(uid) ?? []), message]);
        return answer?.(uid, message);
      },
    },
  });
  const { port } = await server.listen({ port: 0, host: "127.0.0.1" });
  return {
    url: `${scheme}://127.0.0.1:${port}`,
    said,
    sockets,
    connections: server.connections,
    get attempts() {
      return attempts;
    },
    refuseNext(count) {
      refusals = count;
    },
    [Symbol.asyncDispose]: () => server.close({ deadlineMs: 0 }),
  };
}

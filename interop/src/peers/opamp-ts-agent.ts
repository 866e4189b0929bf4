import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAgent } from "@opamp/agent";
import type {
  AgentState,
  ClientEvent,
  ClientOptions,
  ClientPeer,
  RunningClient,
} from "../client-peer.ts";
import { createEventLog } from "../event-log.ts";

const abilities = ["tls", "connection-settings", "certificate", "packages"] as const;

/** The agent of this repository; it does by itself what a client leaves to its user. */
export const opampTsAgent: ClientPeer = {
  name: "@opamp/agent",
  abilities: { websocket: abilities, http: abilities },
  async start({ state, url, ca, certificate, instanceUid, ...options }: ClientOptions) {
    await using cleanup = new AsyncDisposableStack();
    const stateDirectory = await mkdtemp(join(tmpdir(), "opamp-interop-"));
    cleanup.defer(() => rm(stateDirectory, { recursive: true }));
    const uidFile = JSON.stringify({ version: 1, instanceUid });
    await writeFile(join(stateDirectory, "instance-uid.json"), uidFile);

    const events = createEventLog<ClientEvent>({ name: this.name });
    const agent = cleanup.use(
      await createAgent({
        ...connection(options),
        serverUrl: url,
        stateDirectory,
        description: descriptionOf(state),
        connectionSettings: { ...(certificate && { certificate }) },
        packages: {},
        ...(ca && { tls: { ca } }),
        callbacks: {
          onConnect: () => events.push({ event: "connected" }),
          onConnectFailed: ({ message: error }) => events.push({ event: "connectFailed", error }),
        },
      }),
    );
    await agent.start();
    events.push({ event: "started" });
    const owned = cleanup.move();
    return {
      events,
      report() {
        throw new Error("the agent reports by itself");
      },
      async stop() {
        await agent.stop();
        events.push({ event: "stopped" });
      },
      [Symbol.asyncDispose]: () => owned.disposeAsync(),
    } satisfies RunningClient;
  },
};

function connection({
  headers,
  compression,
  heartbeatIntervalMs,
}: Pick<ClientOptions, "headers" | "compression" | "heartbeatIntervalMs">) {
  return {
    ...(headers && { headers }),
    ...(compression !== undefined && { compression }),
    ...(heartbeatIntervalMs !== undefined && { heartbeatIntervalMs }),
  };
}

function descriptionOf({ description }: AgentState) {
  if (description === undefined) throw new Error("an agent needs a description");
  return description;
}

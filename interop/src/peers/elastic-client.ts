import { subscribe, unsubscribe } from "node:diagnostics_channel";
import {
  createOpAMPClient,
  DIAG_CH_SEND_FAIL,
  DIAG_CH_SEND_SUCCESS,
} from "@elastic/opamp-client-node";
import { bitsFromAgentCapabilities } from "@opamp/protocol";
import type { AgentState, ClientEvent, ClientOptions, ClientPeer } from "../client-peer.ts";
import { createEventLog, type EventLog } from "../event-log.ts";
import { jsonFromMessage } from "../json.ts";

type ElasticClient = ReturnType<typeof createOpAMPClient>;

/** Elastic's client knows HTTP only, and of the protocol what is listed here. */
export const elasticClient: ClientPeer = {
  name: "@elastic/opamp-client-node",
  abilities: {
    http: [
      "description",
      "remote-config",
      "server-assigned-uid",
      "full-state",
      "headers",
      "tls",
      "heartbeat",
    ],
  },
  async start(options) {
    const events = createEventLog<ClientEvent>({ name: this.name });
    const client = createClient(options, events);
    const stopListening = listen(options.instanceUid, events);
    report(client, options.state);
    client.start();
    events.push({ event: "started" });

    let stopped: Promise<void> | undefined;
    const stop = (): Promise<void> => {
      stopListening();
      stopped ??= client.shutdown();
      return stopped;
    };
    return {
      events,
      report: (state) => report(client, state),
      async stop() {
        await stop();
        events.push({ event: "stopped" });
      },
      [Symbol.asyncDispose]: stop,
    };
  },
};

function createClient(options: ClientOptions, events: EventLog<ClientEvent>): ElasticClient {
  const { url, instanceUid, capabilities, headers = {}, ca, heartbeatIntervalMs } = options;
  return createOpAMPClient({
    endpoint: url,
    instanceUid,
    capabilities: bitsFromAgentCapabilities(capabilities),
    headers,
    diagEnabled: true,
    ...(heartbeatIntervalMs && { heartbeatIntervalSeconds: heartbeatIntervalMs / 1000 }),
    ...(ca && { connect: { ca } }),
    onMessage: ({ remoteConfig }) => {
      const message = remoteConfig ? { remoteConfig: jsonFromMessage(remoteConfig) } : {};
      events.push({ event: "message", message });
    },
  });
}

function report(client: ElasticClient, { description, remoteConfigStatus }: AgentState): void {
  if (description) client.setAgentDescription(description);
  if (remoteConfigStatus) {
    client.setRemoteConfigStatus(
      remoteConfigStatus as Parameters<typeof client.setRemoteConfigStatus>[0],
    );
  }
}

/** Its diagnostics channels are those of all clients of the process. */
function listen(instanceUid: string, events: EventLog<ClientEvent>): () => void {
  const ofThisClient = (handle: (data: object) => void) => (data: unknown) => {
    const isObject = typeof data === "object" && data !== null;
    if (isObject && "instanceUidStr" in data && data.instanceUidStr === instanceUid) handle(data);
  };
  const onSuccess = ofThisClient(() => events.push({ event: "connected" }));
  const onFailure = ofThisClient((data) => {
    events.push({ event: "connectFailed", error: "err" in data ? String(data.err) : "" });
  });
  subscribe(DIAG_CH_SEND_SUCCESS, onSuccess);
  subscribe(DIAG_CH_SEND_FAIL, onFailure);
  return () => {
    unsubscribe(DIAG_CH_SEND_SUCCESS, onSuccess);
    unsubscribe(DIAG_CH_SEND_FAIL, onFailure);
  };
}

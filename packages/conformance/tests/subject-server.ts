import { CloseCode, DEFAULT_PATH, OpAMPError } from "@opamp/protocol";
import {
  accept,
  type Connection,
  type ConnectionCallbacks,
  createAgentTracker,
  createOpAMPServer,
  createRemoteConfigOffer,
  type OpAMPServer,
  reject,
  type ServerSettings,
} from "@opamp/server";
import {
  type ApplicationReaction,
  createRecording,
  type RunningServer,
  type ServerEvent,
  type ServerSubject,
  type ServerSubjectSettings,
  type WritableRecording,
} from "../src/index.ts";

/** `@opamp/server` with a small application, as a subject of the cases. */
export const subjectServer: ServerSubject = {
  name: "@opamp/server",
  async start(settings) {
    const application =
      settings.tracksAgents === true ? trackingApplication() : createApplication();
    const server = createOpAMPServer(settingsFrom(settings, application.callbacks));
    const { port } = await server.listen({ port: 0, host: "127.0.0.1" });
    return {
      url: (transport) =>
        `${transport === "websocket" ? "ws" : "http"}://127.0.0.1:${port}${settings.path ?? DEFAULT_PATH}`,
      delivered: application.delivered,
      events: application.events,
      onNextMessages: (...reactions) => application.reactions.push(...reactions),
      push: async (message) => newest(server).send(message),
      disconnect: async () => newest(server).disconnect(CloseCode.Normal),
      close: async () => server.close(),
      [Symbol.asyncDispose]: () => server.close({ deadlineMs: 200 }),
    };
  },
};

interface Application {
  readonly callbacks: ConnectionCallbacks;
  readonly delivered: WritableRecording<RunningServer["delivered"]["all"][number]>;
  readonly events: WritableRecording<ServerEvent>;
  readonly reactions: ApplicationReaction[];
}

/** Has a config for every agent that takes one. */
function trackingApplication(): Application {
  const remoteConfig = createRemoteConfigOffer({ "": "x" });
  const { callbacks } = createAgentTracker({ desired: () => ({ remoteConfig }) });
  return { ...createApplication(), callbacks };
}

function createApplication(): Application {
  const delivered: Application["delivered"] = createRecording();
  const events: Application["events"] = createRecording();
  const reactions: ApplicationReaction[] = [];
  const callbacks: ConnectionCallbacks = {
    onConnected: ({ transport }) => events.record({ kind: "connected", transport }),
    onMessage: (_connection, message) => {
      delivered.record(message);
      return react(reactions.shift());
    },
    onReadMessageError: () => events.record({ kind: "unreadable" }),
    onMessageResponseError: (_connection, _response, error) =>
      events.record({ kind: "not-sent", code: error.code }),
    onConnectionClosed: ({ transport }, reason) =>
      events.record({
        kind: "disconnected",
        transport,
        agentDisconnect: reason.by === "agent" && reason.agentDisconnect,
      }),
  };
  return { callbacks, delivered, events, reactions };
}

function react(
  reaction: ApplicationReaction | undefined,
): ReturnType<NonNullable<ConnectionCallbacks["onMessage"]>> {
  switch (reaction?.kind) {
    case undefined:
      return undefined;
    case "answer":
      return reaction.message;
    case "throw":
      throw new Error("the application fails");
    case "reject":
      return Promise.reject(new Error("the application fails"));
    case "hang":
      return new Promise(() => {});
  }
}

function settingsFrom(
  settings: ServerSubjectSettings,
  callbacks: ConnectionCallbacks,
): ServerSettings {
  const {
    maxReceiveBytes,
    maxSendBytes,
    tracksAgents: _tracksAgents,
    turnAway,
    ...others
  } = settings;
  return {
    ...others,
    limits: {
      ...(maxReceiveBytes !== undefined && { maxReceiveBytes }),
      ...(maxSendBytes !== undefined && { maxSendBytes }),
    },
    callbacks: {
      ...callbacks,
      onConnecting: ({ headers }) => {
        const refusal = turnAway?.(headers);
        if (refusal === undefined) return accept();
        const { status, headers: sent } = refusal;
        return reject(status, sent === undefined ? {} : { headers: sent });
      },
    },
  };
}

function newest(server: OpAMPServer): Connection {
  const connection = [...server.connections].at(-1);
  if (connection === undefined) throw new OpAMPError("connection-lost", "no agent is connected");
  return connection;
}

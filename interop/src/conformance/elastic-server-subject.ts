import { MockOpAMPServer, type MockRequest } from "@elastic/mockopampserver";
import {
  type ApplicationReaction,
  createRecording,
  NotSupportedError,
  type RunningServer,
  type ServerSubject,
  type ServerSubjectSettings,
  type WritableRecording,
} from "@opamp/conformance";
import { type AgentToServer, DEFAULT_PATH } from "@opamp/protocol";
import type { OpenPeer } from "./peers.ts";

/** Elastic's mock server runs in this process, and tells of requests when asked. */
export function openElasticServer(): OpenPeer {
  return {
    side: "server",
    subject: elasticServer,
    warm: async () => {},
    [Symbol.asyncDispose]: async () => {},
  };
}

const elasticServer: ServerSubject = {
  name: "@elastic/mockopampserver",
  async start(settings) {
    assertPossible(settings);
    const mock = new MockOpAMPServer({
      hostname: "127.0.0.1",
      port: 0,
      logLevel: "fatal",
      testMode: true,
    });
    await mock.start();
    const { port } = new URL(mock.endpoint);
    const log: Log = { delivered: createRecording() };
    return runningServer(mock, port, log);
  },
};

interface Log {
  readonly delivered: WritableRecording<AgentToServer>;
}

function runningServer(mock: MockOpAMPServer, port: string, log: Log): RunningServer {
  const stopWatching = watch(mock, log);
  const close = async (): Promise<void> => {
    stopWatching();
    await mock.close();
  };
  return {
    url: (transport) => {
      if (transport === "websocket") throw new NotSupportedError("it speaks HTTP only");
      return `http://127.0.0.1:${port}${DEFAULT_PATH}`;
    },
    get delivered() {
      look(mock, log);
      return log.delivered;
    },
    get events(): never {
      throw new NotSupportedError("its application is told of messages only");
    },
    onNextMessages(...reactions) {
      for (const reaction of reactions) prepare(mock, reaction);
    },
    push: async () => {
      throw new NotSupportedError("it has no way to send something");
    },
    disconnect: async () => {
      throw new NotSupportedError("it has no connections");
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function assertPossible(settings: ServerSubjectSettings): void {
  const { capabilities, ...others } = settings;
  const [name] = Object.keys(others);
  if (name !== undefined) throw new NotSupportedError(`it cannot be given ${name}`);
  if (capabilities !== undefined) throw new NotSupportedError("its capabilities cannot be set");
}

/** It answers by itself; all that it can be told is the config to offer. */
function prepare(_mock: MockOpAMPServer, reaction: ApplicationReaction): void {
  throw new NotSupportedError(`it answers by itself, and cannot be told to ${reaction.kind}`);
}

const WATCH_INTERVAL_MS = 5;

function watch(mock: MockOpAMPServer, log: Log): () => void {
  const interval = setInterval(() => look(mock, log), WATCH_INTERVAL_MS);
  return () => clearInterval(interval);
}

/** Records what came since it was looked last. */
function look(mock: MockOpAMPServer, { delivered }: Log): void {
  const messages = mock.testGetRequests().flatMap(({ a2s }: MockRequest) => a2s ?? []);
  for (const message of messages.slice(delivered.all.length)) delivered.record(message);
}

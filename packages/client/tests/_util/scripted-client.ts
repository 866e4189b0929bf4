import {
  type AgentToServer,
  agentHasCapability,
  bytesFromInstanceUid,
  decodeAgentToServer,
  encodeServerToAgent,
  type OpAMPError,
  type ServerToAgentInit,
} from "@opamp/protocol";
import { createFakeClock, type FakeClock } from "@opamp/test-kit";
import {
  type Callbacks,
  createMemoryTransportPair,
  createOpAMPClient,
  type MemoryServer,
  type MemorySession,
  type OpAMPClient,
  type StartSettings,
} from "../../src/index.ts";

export const description = { identifyingAttributes: { "service.name": "edge" } };

/** All that a server can do, so that nothing is held back. */
export const ALL_SERVER_CAPABILITIES = 0x7fn;

export interface ScriptedClientOptions extends Partial<Omit<StartSettings, "callbacks">> {
  readonly pollsForMessages?: boolean;
  readonly callbacks?: Callbacks;
  /** Answers each message. @default the uid and every server capability */
  readonly answer?: (message: AgentToServer) => ServerToAgentInit | undefined;
}

/** A client over an in-memory transport, with its clock and its server in the hands of the test. */
export interface ScriptedClient extends AsyncDisposable {
  readonly client: OpAMPClient;
  readonly clock: FakeClock;
  readonly server: MemoryServer;
  /** What the client said so far, decoded. */
  readonly messages: readonly AgentToServer[];
  readonly errors: readonly OpAMPError[];
  /** The latest session. */
  readonly session: MemorySession;
  /** Sends to the client, with its uid unless another is given, and lets it act. */
  push(message: ServerToAgentInit): Promise<void>;
  /** What the client says while `act` runs and until it has settled. */
  during(act: () => unknown): Promise<readonly AgentToServer[]>;
}

export function createScriptedClient(options: ScriptedClientOptions = {}): ScriptedClient {
  const { pollsForMessages = false, callbacks, answer = () => ({}), ...settings } = options;
  const clock = createFakeClock();
  const messages: AgentToServer[] = [];
  const errors: OpAMPError[] = [];
  const { transport, server } = createMemoryTransportPair({
    pollsForMessages,
    onMessage: (bytes, session) => {
      const message = decodeAgentToServer(bytes);
      messages.push(message);
      const reply = answer(message);
      if (reply === undefined || message.agentDisconnect !== undefined) return;
      const { instanceUid } = message;
      const capabilities = ALL_SERVER_CAPABILITIES;
      session.send(encodeServerToAgent({ instanceUid, capabilities, ...reply }));
    },
  });
  const client = createOpAMPClient({
    serverUrl: "ws://localhost",
    agentDescription: description,
    transport,
    clock,
    random: () => 0,
    ...settings,
    callbacks: { ...callbacks, onError: (error) => errors.push(error) },
  });
  const latest = (): MemorySession => {
    const session = server.sessions.at(-1);
    if (session === undefined) throw new Error("the client has not connected yet");
    return session;
  };
  return {
    client,
    clock,
    server,
    messages,
    errors,
    get session() {
      return latest();
    },
    async push(message) {
      const instanceUid = bytesFromInstanceUid(client.instanceUid);
      latest().send(encodeServerToAgent({ instanceUid, ...message }));
      await clock.settle();
    },
    async during(act) {
      const before = messages.length;
      await act();
      await clock.settle();
      return messages.slice(before);
    },
    [Symbol.asyncDispose]: () => stopWith(client, clock),
  };
}

/** Stops also against a server that takes nothing, whatever time that needs. */
async function stopWith(client: OpAMPClient, clock: FakeClock): Promise<void> {
  const stopped = client.stop();
  await clock.advance(60_000);
  await stopped;
}

/** Started, connected and answered. */
export async function startScriptedClient(
  options: ScriptedClientOptions = {},
): Promise<ScriptedClient> {
  const scripted = createScriptedClient(options);
  await scripted.client.start();
  await scripted.clock.settle();
  return scripted;
}

export function declares(
  message: AgentToServer,
  ...names: Parameters<typeof agentHasCapability>[1][]
): boolean {
  return names.every((name) => agentHasCapability(message.capabilities, name));
}

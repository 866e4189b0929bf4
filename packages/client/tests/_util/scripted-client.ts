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
  type Transport,
} from "../../src/index.ts";

export const description = { identifyingAttributes: { "service.name": "edge" } };

/** All that a server can do, so that nothing is held back. */
const ALL_SERVER_CAPABILITIES = 0x7fn;

export interface ScriptedClientOptions extends Partial<Omit<StartSettings, "callbacks">> {
  readonly pollsForMessages?: boolean;
  readonly callbacks?: Callbacks;
  /** Puts something between the client and its transport. */
  readonly wrap?: (transport: Transport) => Transport;
  /** Answers each message. @default the uid and every server capability */
  readonly answer?: (message: AgentToServer) => Reply | undefined;
}

/** What a server says: fields, or bytes as they are. The uid is the client's unless given. */
export type Reply = ServerToAgentInit | Uint8Array;

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
  /**
   * Makes the server say something, pushed or as the answer to the next poll, and gives back what
   * the client says because of it.
   */
  tell(reply: Reply): Promise<readonly AgentToServer[]>;
  /** Stops the client, whatever time that needs. */
  stop(): Promise<void>;
  /** What the client says while `act` runs and until it has settled. */
  during(act: () => unknown): Promise<readonly AgentToServer[]>;
}

export function createScriptedClient(options: ScriptedClientOptions = {}): ScriptedClient {
  const { pollsForMessages = false, callbacks, answer = () => ({}), ...others } = options;
  const { wrap = (transport) => transport, ...settings } = others;
  const clock = createFakeClock();
  const messages: AgentToServer[] = [];
  const errors: OpAMPError[] = [];
  /** What `tell` has to say over a transport that polls, and how many messages came before. */
  const replies: Reply[] = [];
  let toldAt = 0;
  const { transport, server } = createMemoryTransportPair({
    pollsForMessages,
    onMessage: (bytes, session) => {
      const message = decodeAgentToServer(bytes);
      messages.push(message);
      if (replies.length > 0) toldAt = messages.length;
      const reply = replies.shift() ?? answer(message);
      const isGoodbye = message.agentDisconnect !== undefined;
      if (reply === undefined || (isGoodbye && !pollsForMessages)) return;
      const { instanceUid } = message;
      const capabilities = ALL_SERVER_CAPABILITIES;
      session.send(encode(reply, { instanceUid, capabilities }));
    },
  });
  const client = createOpAMPClient({
    serverUrl: "ws://localhost",
    agentDescription: description,
    transport: wrap(transport),
    clock,
    random: () => 0,
    ...settings,
    callbacks: {
      ...callbacks,
      onError: (error) => {
        errors.push(error);
        return callbacks?.onError?.(error);
      },
    },
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
    async tell(reply) {
      if (pollsForMessages) {
        replies.push(reply);
        for (let i = 0; replies.length > 0 && i < 10; i += 1) {
          await clock.advance(clock.nextTimerMs ?? 0);
        }
        return messages.slice(toldAt);
      }
      const before = messages.length;
      const instanceUid = bytesFromInstanceUid(client.instanceUid);
      latest().send(encode(reply, { instanceUid }));
      await clock.settle();
      return messages.slice(before);
    },
    async during(act) {
      const before = messages.length;
      await act();
      await clock.settle();
      return messages.slice(before);
    },
    stop: () => stopWith(client, clock),
    [Symbol.asyncDispose]: () => stopWith(client, clock),
  };
}

function encode(reply: Reply, defaults: ServerToAgentInit): Uint8Array {
  return reply instanceof Uint8Array ? reply : encodeServerToAgent({ ...defaults, ...reply });
}

/** Stops also against a server that takes nothing. */
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

import {
  type AgentToServer,
  decodeAgentToServer,
  encodeServerToAgent,
  instanceUidFromBytes,
  type OpAMPError,
  type ServerToAgentInit,
} from "@opamp/protocol";
import { createFakeClock, type FakeClock } from "@opamp/test-kit";
import {
  type Callbacks,
  createMemoryTransportPair,
  createOpAMPClient,
  createSharedConnection,
  type MemoryServer,
  type MemorySession,
  type OpAMPClient,
  type SharedConnection,
  type SharedConnectionOptions,
  type SharedStartSettings,
  type Transport,
} from "../../src/index.ts";
import { description } from "./scripted-client.ts";

/** All that a server can do, so that nothing is held back. */
const ALL_SERVER_CAPABILITIES = 0x7fn;

export interface SharedClientsOptions extends Partial<SharedConnectionOptions> {
  readonly pollsForMessages?: boolean;
  /** Puts something between the connection and its transport. */
  readonly wrap?: (transport: Transport) => Transport;
  /** Answers each message. @default the uid and every server capability */
  readonly answer?: (message: AgentToServer) => ServerToAgentInit | undefined;
}

/** Clients on one shared connection over an in-memory transport; time and server are the test's. */
export interface SharedClients extends AsyncDisposable {
  readonly connection: SharedConnection;
  readonly clock: FakeClock;
  readonly server: MemoryServer;
  /** What all clients said so far, decoded. */
  readonly messages: readonly AgentToServer[];
  /** What the connection wrote at `warn`. */
  readonly warnings: readonly string[];
  /** The latest session. */
  readonly session: MemorySession;
  create(settings?: Partial<SharedStartSettings>): OpAMPClient;
  /** Creates and starts so many, and lets them settle. */
  start(count: number, settings?: Partial<SharedStartSettings>): Promise<readonly OpAMPClient[]>;
  /** Sends bytes, or a message with the uid given, and lets it settle. */
  push(message: ServerToAgentInit | Uint8Array): Promise<void>;
  /** What the clients say while `act` runs and until it has settled. */
  during(act: () => unknown): Promise<readonly AgentToServer[]>;
  /** What went wrong in a client. */
  errorsOf(client: OpAMPClient): readonly OpAMPError[];
}

export function createSharedClients(options: SharedClientsOptions = {}): SharedClients {
  const { pollsForMessages = false, wrap = (it) => it, answer = () => ({}), ...others } = options;
  const clock = createFakeClock();
  const messages: AgentToServer[] = [];
  const warnings: string[] = [];
  const clients: OpAMPClient[] = [];
  const errors = new Map<OpAMPClient, OpAMPError[]>();
  const { transport, server } = createMemoryTransportPair({
    pollsForMessages,
    onMessage(bytes, session) {
      const message = decodeAgentToServer(bytes);
      messages.push(message);
      const reply = answer(message);
      const isGoodbye = message.agentDisconnect !== undefined;
      if (reply === undefined || (isGoodbye && !pollsForMessages)) return;
      const { instanceUid } = message;
      const capabilities = ALL_SERVER_CAPABILITIES;
      session.send(encodeServerToAgent({ instanceUid, capabilities, ...reply }));
    },
  });
  const connection = createSharedConnection({
    serverUrl: "ws://localhost",
    transport: wrap(transport),
    clock,
    random: () => 0,
    logger: { debug() {}, info() {}, warn: (line) => warnings.push(line), error() {} },
    ...others,
  });
  const latest = (): MemorySession => {
    const session = server.sessions.at(-1);
    if (session === undefined) throw new Error("the connection was not made yet");
    return session;
  };
  const create = ({ callbacks, ...settings }: Partial<SharedStartSettings> = {}): OpAMPClient => {
    const own: OpAMPError[] = [];
    const client = createOpAMPClient({
      agentDescription: description,
      ...settings,
      connection,
      callbacks: { ...callbacks, onError: (error) => void own.push(error) } satisfies Callbacks,
    });
    errors.set(client, own);
    clients.push(client);
    return client;
  };
  return {
    connection,
    clock,
    server,
    messages,
    warnings,
    get session() {
      return latest();
    },
    create,
    async start(count, settings) {
      const started = Array.from({ length: count }, () => create(settings));
      await Promise.all(started.map((client) => client.start()));
      await clock.settle();
      return started;
    },
    async push(message) {
      latest().send(message instanceof Uint8Array ? message : encodeServerToAgent(message));
      await clock.settle();
    },
    async during(act) {
      const before = messages.length;
      await act();
      await clock.settle();
      return messages.slice(before);
    },
    errorsOf: (client) => errors.get(client) ?? [],
    async [Symbol.asyncDispose]() {
      const stopped = Promise.all(clients.map((client) => client.stop()));
      await clock.advance(60_000);
      await stopped;
    },
  };
}

/** Who said these messages, in order. */
export function speakers(messages: readonly AgentToServer[]): readonly string[] {
  return messages.map(({ instanceUid }) => instanceUidFromBytes(instanceUid));
}

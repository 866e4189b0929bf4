import { type AgentToServer, decodeAgentToServer, encodeServerToAgent } from "@opamp/protocol";
import { createFakeClock, type FakeClock } from "@opamp/test-kit";
import {
  createMemoryTransportPair,
  createOpAMPClient,
  type MemoryTransportPair,
  type OpAMPClient,
  type StartSettings,
  type WholeConnectionSettings,
} from "../../src/index.ts";
import { description, type Reply } from "./scripted-client.ts";

/** All that a server can do, so that nothing is held back. */
const ALL_SERVER_CAPABILITIES = 0x7fn;

/** One of the servers that a client may reach, in memory. */
export interface ReachableServer extends MemoryTransportPair {
  /** What it was told, decoded. */
  readonly messages: readonly AgentToServer[];
  /** What it answers. @default the uid and every server capability */
  answer: (message: AgentToServer) => Reply | undefined;
}

export interface SwitchingClient extends AsyncDisposable {
  readonly client: OpAMPClient;
  readonly clock: FakeClock;
  /** The server at a URL; made when it is first asked for. */
  readonly at: (url: string) => ReachableServer;
  /** What all servers were told, in one order: `<host> <sequence number> [goodbye]`. */
  readonly trace: readonly string[];
  /** The settings for which transports were made. */
  readonly settings: readonly WholeConnectionSettings[];
  /** The most sessions that were ever open at once. */
  readonly mostSessions: number;
  stop(): Promise<void>;
}

export const OLD = "ws://old.example.com";
export const NEW = "ws://new.example.com";

/** A client that reaches any number of servers in memory; the scheme of a URL says how each behaves. */
export function createSwitchingClient(settings: Partial<StartSettings> = {}): SwitchingClient {
  const clock = createFakeClock();
  const servers = new Map<string, ReachableServer>();
  const trace: string[] = [];
  const made: WholeConnectionSettings[] = [];
  let mostSessions = 0;
  const at = (url: string): ReachableServer => {
    const server = servers.get(url) ?? createReachableServer(url, trace);
    servers.set(url, server);
    return server;
  };
  const openSessions = (): number =>
    [...servers.values()]
      .flatMap(({ server }) => server.sessions)
      .filter(({ ended }) => ended === undefined).length;
  const client = createOpAMPClient({
    serverUrl: OLD,
    agentDescription: description,
    clock,
    random: () => 0,
    ...settings,
    transport: (whole) => {
      made.push(whole);
      const { transport } = at(String(whole.serverUrl));
      return {
        ...transport,
        async connect(options) {
          const session = await transport.connect(options);
          mostSessions = Math.max(mostSessions, openSessions());
          return session;
        },
      };
    },
  });
  const stop = async (): Promise<void> => {
    const stopped = client.stop();
    await clock.advance(60_000);
    await stopped;
  };
  return {
    client,
    clock,
    at,
    trace,
    settings: made,
    get mostSessions() {
      return mostSessions;
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** Started, connected to the old server and answered. */
export async function startSwitchingClient(
  settings: Partial<StartSettings> = {},
): Promise<SwitchingClient> {
  const switching = createSwitchingClient(settings);
  await switching.client.start();
  await switching.clock.settle();
  return switching;
}

function createReachableServer(url: string, trace: string[]): ReachableServer {
  const pollsForMessages = url.startsWith("http");
  const host = new URL(url).hostname.split(".")[0];
  const messages: AgentToServer[] = [];
  const reachable: ReachableServer = {
    messages,
    answer: () => ({}),
    ...createMemoryTransportPair({
      pollsForMessages,
      onMessage(bytes, session) {
        const message = decodeAgentToServer(bytes);
        const isGoodbye = message.agentDisconnect !== undefined;
        messages.push(message);
        trace.push(`${host} ${message.sequenceNum}${isGoodbye ? " goodbye" : ""}`);
        const reply = reachable.answer(message);
        if (reply === undefined || (isGoodbye && !pollsForMessages)) return;
        const { instanceUid } = message;
        const capabilities = ALL_SERVER_CAPABILITIES;
        session.send(
          reply instanceof Uint8Array
            ? reply
            : encodeServerToAgent({ instanceUid, capabilities, ...reply }),
        );
      },
    }),
  };
  return reachable;
}

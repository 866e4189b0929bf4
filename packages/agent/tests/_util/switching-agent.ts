import { createMemoryTransportPair, type MemoryTransportPair } from "@opamp/client";
import {
  type AgentToServer,
  bytesFromInstanceUid,
  type ConnectionSettingsOffersInit,
  decodeAgentToServer,
  encodeServerToAgent,
  type OpAMPError,
} from "@opamp/protocol";
import { createFakeClock, type FakeClock } from "@opamp/test-kit";
import { type Agent, type AgentSettings, createAgent } from "../../src/index.ts";
import { temporaryDirectory } from "./state-directory.ts";

/** An agent that reaches any number of servers in memory, with its clock in the hands of the test. */
export interface SwitchingAgent extends AsyncDisposable {
  readonly agent: Agent;
  readonly clock: FakeClock;
  readonly stateDirectory: string;
  readonly errors: readonly OpAMPError[];
  /** What was reported of connection settings, in order, such as `new.example.com APPLIED v1`. */
  readonly told: readonly string[];
  /** The host that the agent spoke to last. */
  readonly host: string;
  /** The settings that the agent connected with last. */
  readonly settings: unknown;
  /** Offers settings to the agent, where it is, and lets it act. */
  offer(hash: string, offers: ConnectionSettingsOffersInit): Promise<void>;
  stop(): Promise<void>;
}

export interface SwitchingAgentOptions extends Partial<AgentSettings> {
  /** The hosts that refuse connections. */
  readonly refusing?: readonly string[];
}

export const GIVEN = "wss://given.example.com/";

export async function startSwitchingAgent(
  options: SwitchingAgentOptions = {},
): Promise<SwitchingAgent> {
  const { refusing = [], ...settings } = options;
  const clock = createFakeClock();
  const servers = new Map<string, MemoryTransportPair>();
  const told: string[] = [];
  const errors: OpAMPError[] = [];
  let host = "";
  let last: unknown;
  const hear = (from: string, { connectionSettingsStatus: said }: AgentToServer): void => {
    host = from;
    if (said === undefined) return;
    const hash = new TextDecoder().decode(said.lastConnectionSettingsHash);
    told.push(`${from} ${statusNames[said.status]} ${hash}`);
  };
  const serverAt = (name: string): MemoryTransportPair => {
    const server = servers.get(name) ?? createServer((message) => hear(name, message));
    servers.set(name, server);
    return server;
  };
  const stateDirectory = settings.stateDirectory ?? temporaryDirectory();
  const agent = await createAgent({
    serverUrl: GIVEN,
    description: { serviceName: "edge" },
    clock,
    random: () => 0,
    transport(whole) {
      const name = new URL(String(whole.serverUrl)).hostname;
      const { transport, server } = serverAt(name);
      return {
        ...transport,
        connect(connectOptions) {
          last = whole;
          if (refusing.includes(name)) server.refuseNext(new Error("refused") as OpAMPError);
          return transport.connect(connectOptions);
        },
      };
    },
    ...settings,
    stateDirectory,
    callbacks: { onError: (error) => void errors.push(error), ...settings.callbacks },
  });
  await agent.start();
  await clock.settle();
  const stop = async (): Promise<void> => {
    const stopped = agent.stop();
    await clock.advance(60_000);
    await stopped;
  };
  return {
    agent,
    clock,
    stateDirectory,
    errors,
    told,
    get host() {
      return host;
    },
    get settings() {
      return last;
    },
    async offer(hash, offers) {
      const connectionSettings = { hash: new TextEncoder().encode(hash), ...offers };
      const instanceUid = bytesFromInstanceUid(agent.instanceUid);
      const message = encodeServerToAgent({ instanceUid, connectionSettings });
      servers.get(host)?.server.sessions.at(-1)?.send(message);
      await clock.settle();
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

const statusNames = ["UNSET", "APPLIED", "APPLYING", "FAILED"];

function createServer(hear: (message: AgentToServer) => void): MemoryTransportPair {
  return createMemoryTransportPair({
    onMessage(bytes, session) {
      const message = decodeAgentToServer(bytes);
      hear(message);
      if (message.agentDisconnect !== undefined) return;
      const { instanceUid } = message;
      session.send(encodeServerToAgent({ instanceUid, capabilities: 0x7fn }));
    },
  });
}

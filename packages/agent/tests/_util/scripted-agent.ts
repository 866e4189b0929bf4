import { createMemoryTransportPair, type MemorySession } from "@opamp/client";
import {
  type AgentRemoteConfigInit,
  type AgentToServer,
  bytesFromInstanceUid,
  decodeAgentToServer,
  encodeServerToAgent,
  type OpAMPError,
  type ServerToAgentInit,
} from "@opamp/protocol";
import { createFakeClock, type FakeClock } from "@opamp/test-kit";
import { type Agent, type AgentSettings, createAgent } from "../../src/index.ts";
import { temporaryDirectory } from "./state-directory.ts";

/** An agent over an in-memory transport, with its clock and its server in the hands of the test. */
export interface ScriptedAgent extends AsyncDisposable {
  readonly agent: Agent;
  readonly clock: FakeClock;
  readonly stateDirectory: string;
  /** What the agent said so far. */
  readonly messages: readonly AgentToServer[];
  readonly errors: readonly OpAMPError[];
  /** The names of the statuses that the agent reported for its remote config, each with its hash. */
  readonly statuses: readonly string[];
  /** Sends to the agent and lets it act. */
  tell(message: ServerToAgentInit): Promise<void>;
  offer(text: string, hash: string): Promise<void>;
  stop(): Promise<void>;
}

const ALL_SERVER_CAPABILITIES = 0x7fn;

export async function startScriptedAgent(
  settings: Partial<AgentSettings> = {},
): Promise<ScriptedAgent> {
  const clock = createFakeClock();
  const messages: AgentToServer[] = [];
  const errors: OpAMPError[] = [];
  const { transport, server } = createMemoryTransportPair({
    onMessage(bytes, session) {
      const message = decodeAgentToServer(bytes);
      messages.push(message);
      const { instanceUid, agentDisconnect } = message;
      if (agentDisconnect !== undefined) return;
      const capabilities = ALL_SERVER_CAPABILITIES;
      session.send(encodeServerToAgent({ instanceUid, capabilities }));
    },
  });
  const stateDirectory = settings.stateDirectory ?? temporaryDirectory();
  const agent = await createAgent({
    serverUrl: "ws://localhost",
    description: { serviceName: "edge" },
    transport,
    clock,
    random: () => 0,
    ...settings,
    stateDirectory,
    callbacks: { onError: (error) => void errors.push(error), ...settings.callbacks },
  });
  await agent.start();
  await clock.settle();
  const tell = async (message: ServerToAgentInit): Promise<void> => {
    const session = server.sessions.at(-1) as MemorySession;
    const instanceUid = bytesFromInstanceUid(agent.instanceUid);
    session.send(encodeServerToAgent({ instanceUid, ...message }));
    await clock.settle();
  };
  const stop = async (): Promise<void> => {
    const stopped = agent.stop();
    await clock.advance(60_000);
    await stopped;
  };
  return {
    agent,
    clock,
    stateDirectory,
    messages,
    errors,
    get statuses() {
      return messages.flatMap(({ remoteConfigStatus: status }) =>
        status === undefined
          ? []
          : [`${statusNames[status.status]} ${hashText(status.lastRemoteConfigHash)}`],
      );
    },
    tell,
    offer: (text, hash) => tell({ remoteConfig: configOf(text, hash) }),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

const statusNames = ["UNSET", "APPLIED", "APPLYING", "FAILED"];

function hashText(hash: Uint8Array): string {
  return new TextDecoder().decode(hash);
}

/** A config of one file, with a text as its hash. */
export function configOf(text: string, hash: string): AgentRemoteConfigInit {
  const body = new TextEncoder().encode(text);
  const file = { body, contentType: "text/yaml", role: "main" };
  return {
    config: { configMap: { "edge.yaml": file } },
    configHash: new TextEncoder().encode(hash),
  };
}

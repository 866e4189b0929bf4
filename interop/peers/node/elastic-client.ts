import { subscribe } from "node:diagnostics_channel";
import { createInterface } from "node:readline";
import {
  createOpAMPClient,
  DIAG_CH_SEND_FAIL,
  DIAG_CH_SEND_SUCCESS,
} from "@elastic/opamp-client-node";
import {
  type AgentDescription,
  type AgentToServer,
  attributesFromKeyValues,
  decodeAgentToServer,
  encodeServerToAgent,
} from "@opamp/protocol";

// Elastic's client, steered by JSON lines. See interop/README.md.

type Client = ReturnType<typeof createOpAMPClient>;

interface Command {
  readonly command: "start" | "report" | "stop";
  readonly id: number;
  readonly url: string;
  readonly state: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly heartbeatIntervalMs: number;
  readonly responseTimeoutMs: number;
}

let client: Client | undefined;

function emit(event: object): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

function emitMessage(message: Parameters<typeof encodeServerToAgent>[0]): void {
  const encoded = Buffer.from(encodeServerToAgent(message)).toString("base64");
  emit({ event: "message", message: encoded });
}

function start(command: Command): void {
  const state = stateOf(command);
  const { url, headers, heartbeatIntervalMs, responseTimeoutMs } = command;
  client = createOpAMPClient({
    endpoint: url,
    capabilities: state.capabilities,
    heartbeatIntervalSeconds: Math.max(heartbeatIntervalMs, 100) / 1000,
    headersTimeout: responseTimeoutMs,
    bodyTimeout: responseTimeoutMs,
    diagEnabled: true,
    ...(headers && { headers }),
    ...(state.instanceUid.length > 0 && { instanceUid: state.instanceUid }),
    onMessage: ({ remoteConfig }) => {
      if (remoteConfig) emitMessage({ remoteConfig });
    },
  });
  report(client, state);
  client.start();
}

function report(to: Client, state: AgentToServer): void {
  if (state.agentDescription) to.setAgentDescription(attributesOf(state.agentDescription));
  if (state.remoteConfigStatus) {
    to.setRemoteConfigStatus(
      state.remoteConfigStatus as Parameters<Client["setRemoteConfigStatus"]>[0],
    );
  }
}

function attributesOf(description: AgentDescription): Parameters<Client["setAgentDescription"]>[0] {
  return {
    identifyingAttributes: attributesFromKeyValues(description.identifyingAttributes),
    nonIdentifyingAttributes: attributesFromKeyValues(description.nonIdentifyingAttributes),
  };
}

function stateOf({ state }: Command): AgentToServer {
  return decodeAgentToServer(Buffer.from(state, "base64"));
}

async function carryOut(command: Command): Promise<void> {
  switch (command.command) {
    case "start":
      return start(command);
    case "report":
      if (client) report(client, stateOf(command));
      return;
    case "stop": {
      const stopped = client;
      client = undefined;
      await stopped?.shutdown();
    }
  }
}

// Its channels are those of all clients of the process; there is one at a time.
subscribe(DIAG_CH_SEND_SUCCESS, () => {
  if (client) emit({ event: "connected" });
});
subscribe(DIAG_CH_SEND_FAIL, (data) => {
  const error = typeof data === "object" && data !== null && "err" in data ? data.err : data;
  if (client) emit({ event: "connectFailed", error: String(error) });
});

createInterface({ input: process.stdin }).on("line", (line) => {
  const command = JSON.parse(line) as Command;
  carryOut(command).then(
    () => emit({ event: "done", id: command.id }),
    (error: unknown) => emit({ event: "failed", id: command.id, error: String(error) }),
  );
});

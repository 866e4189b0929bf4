import {
  type ApplicationReaction,
  createRecording,
  NotSupportedError,
  type RunningServer,
  type ServerEvent,
  type ServerSubject,
  type ServerSubjectSettings,
  type TransportName,
  type WritableRecording,
} from "@opamp/conformance";
import {
  type AgentToServer,
  bitsFromServerCapabilities,
  DEFAULT_PATH,
  decodeAgentToServer,
  encodeServerToAgent,
} from "@opamp/protocol";
import { base64 } from "../json.ts";
import type { PeerCommand } from "../json-lines-process.ts";
import type { PeerLease, PeerPool } from "./peer-pool.ts";

/** A server in a process of its own, as a subject of the conformance cases. */
export function createServerSubject(pool: PeerPool): ServerSubject {
  return {
    name: pool.name,
    async start(settings) {
      assertPossible(settings);
      const application = createApplication(settings);
      const port = Promise.withResolvers<number>();
      const lease = pool.take((event) => {
        const said = event as SaidByServer;
        if (said.event === "listening") return port.resolve(said.port);
        const decision = application.hear(said);
        if (decision) lease.command(decision);
      });
      await lease.request(listenCommand(settings)).catch(port.reject);
      const address = `127.0.0.1:${await port.promise}${settings.path ?? DEFAULT_PATH}`;
      return runningServer(address, lease, application);
    },
  };
}

/** What a server program says. */
type SaidByServer =
  | { readonly event: "listening"; readonly port: number }
  | {
      readonly event: "connecting";
      readonly question: number;
      readonly headers: Readonly<Record<string, string>>;
    }
  | { readonly event: "connected"; readonly transport: TransportName }
  | { readonly event: "message"; readonly question: number; readonly message: string }
  | { readonly event: "closed"; readonly transport: TransportName; readonly saidGoodbye: boolean }
  | { readonly event: "unreadable" }
  | { readonly event: "notSent"; readonly error: string };

/** What a case makes the application of a server do, and what that is told. */
interface Application {
  readonly delivered: WritableRecording<AgentToServer>;
  readonly events: WritableRecording<ServerEvent>;
  readonly reactions: ApplicationReaction[];
  /** Notes what the program says, and answers its question. */
  hear(said: Exclude<SaidByServer, { readonly event: "listening" }>): PeerCommand | undefined;
}

function runningServer(address: string, lease: PeerLease, application: Application): RunningServer {
  const { delivered, events, reactions } = application;
  return {
    url: (transport) => `${transport === "websocket" ? "ws" : "http"}://${address}`,
    delivered,
    events,
    onNextMessages(...next) {
      for (const reaction of next) assertPossibleReaction(reaction);
      reactions.push(...next);
    },
    push: (message) =>
      lease.request({ command: "push", message: base64(encodeServerToAgent(message)) }),
    disconnect: () => lease.request({ command: "disconnect" }),
    close: () => lease.request({ command: "stop" }),
    // The next case need not wait until everything has stopped.
    async [Symbol.asyncDispose]() {
      void lease.release();
    },
  };
}

function assertPossible({ maxReceiveBytes, maxSendBytes }: ServerSubjectSettings): void {
  if (maxReceiveBytes !== undefined || maxSendBytes !== undefined) {
    throw new NotSupportedError("it cannot be given size limits");
  }
}

function listenCommand(settings: ServerSubjectSettings): PeerCommand {
  const { capabilities = ["AcceptsStatus"], customCapabilities = [], path, turnAway } = settings;
  return {
    command: "listen",
    capabilities: Number(bitsFromServerCapabilities(capabilities) | 1n),
    customCapabilities,
    compression: true,
    asks: turnAway !== undefined,
    ...(path !== undefined && { path }),
  };
}

function assertPossibleReaction({ kind }: ApplicationReaction): void {
  if (kind === "answer" || kind === "hang") return;
  throw new NotSupportedError("its application has no way to fail other than by an answer");
}

function createApplication({ turnAway }: ServerSubjectSettings): Application {
  const delivered: Application["delivered"] = createRecording();
  const events: Application["events"] = createRecording();
  const reactions: ApplicationReaction[] = [];
  const hear: Application["hear"] = (said) => {
    switch (said.event) {
      case "connecting":
        return { command: "admit", question: said.question, ...turnAway?.(said.headers) };
      case "message":
        delivered.record(decodeAgentToServer(Buffer.from(said.message, "base64")));
        return reactionTo(said.question, reactions.shift());
      case "connected":
        events.record({ kind: "connected", transport: said.transport });
        break;
      case "closed": {
        const { transport, saidGoodbye: agentDisconnect } = said;
        events.record({ kind: "disconnected", transport, agentDisconnect });
        break;
      }
      case "unreadable":
        events.record({ kind: "unreadable" });
        break;
      case "notSent":
        events.record({ kind: "not-sent", code: said.error });
        break;
    }
    return undefined;
  };
  return { delivered, events, reactions, hear };
}

function reactionTo(
  question: number,
  reaction: ApplicationReaction | undefined,
): PeerCommand | undefined {
  if (reaction?.kind === "hang") return undefined;
  const message = reaction?.kind === "answer" ? reaction.message : {};
  return { command: "react", question, message: base64(encodeServerToAgent(message)) };
}

import assert from "node:assert/strict";
import { type AgentToServer, type AgentToServerInit, ServerToAgentFlags } from "@opamp/protocol";
import type { RawServer, RawServerOptions } from "../../raw/raw-server.ts";
import type { ReceivedMessage } from "../../raw/received-message.ts";
import { WaitTimeoutError } from "../../raw/recording.ts";
import type { ClientCaseContext } from "../../runner/client-case-context.ts";
import type { ClientSubjectSettings, RunningClient } from "../../runner/client-subject.ts";
import { NotSupportedError } from "../../runner/not-supported-error.ts";
import { PrerequisiteError } from "../../runner/prerequisite-error.ts";
import { BARRIER, probe, takeProbe, withProbe } from "./probe.ts";

/** A client and the raw server it talks to. */
export interface ClientSession {
  readonly server: RawServer;
  readonly client: RunningClient;
  /** The first message of the client. */
  readonly first: AgentToServer;
}

/** How often an HTTP client polls in a case, unless the case says otherwise. */
const POLL_MS = 30;

/** Starts a client that takes probes, and waits for its first message. */
export async function startSession(
  context: ClientCaseContext,
  settings: Partial<ClientSubjectSettings> = {},
  options: RawServerOptions = {},
): Promise<ClientSession> {
  const server = await context.serve(options);
  const intervalMs = context.transport === "http" ? POLL_MS : 60_000;
  const wishes = { intervalMs, ...withProbe, ...settings.wishes };
  const client = await context.start(server, { ...settings, wishes });
  return { server, client, first: await takeMessage(server) };
}

/** The next message that the client sends. */
export async function takeMessage(server: RawServer): Promise<AgentToServer> {
  return readable(await server.messages.take({ what: "a message of the client" }));
}

/** The next message with a given field. */
export async function takeReport<K extends keyof AgentToServerInit & keyof AgentToServer>(
  server: RawServer,
  field: K,
): Promise<AgentToServer & { readonly [P in K]-?: NonNullable<AgentToServer[P]> }> {
  const received = await server.messages.take({
    what: `a message with ${field}`,
    where: ({ message }) => message?.[field] !== undefined,
  });
  return readable(received) as AgentToServer & {
    readonly [P in K]-?: NonNullable<AgentToServer[P]>;
  };
}

/** The next message that comes after now, other than a goodbye. */
export async function takeLaterMessage(server: RawServer): Promise<AgentToServer> {
  const nowMs = performance.now();
  return readable(
    await server.messages.take({
      what: "a later message of the client",
      where: ({ atMs, message }) => atMs > nowMs && message?.agentDisconnect === undefined,
    }),
  );
}

/**
 * Asks for the full state and waits for it: all that was said before has been processed then. A
 * client that does not report it is found out by the cases about that.
 */
export async function takeFullState(server: RawServer): Promise<AgentToServer> {
  const nowMs = performance.now();
  await server.say({ flags: ServerToAgentFlags.ReportFullState });
  try {
    return readable(
      await server.messages.take({
        what: "a report of the full state",
        where: ({ atMs, message }) => atMs > nowMs && message?.agentDescription !== undefined,
      }),
    );
  } catch (cause) {
    if (!(cause instanceof WaitTimeoutError)) throw cause;
    throw new PrerequisiteError("C-57", cause.message, { cause });
  }
}

/** Has the client say more, as far as it does when it is asked for its full state. */
export async function hearMore(server: RawServer): Promise<void> {
  try {
    await takeFullState(server);
  } catch (error) {
    if (!(error instanceof PrerequisiteError)) throw error;
  }
}

/**
 * Resolves when the client has processed all that the server said before, as its application sees,
 * or as a report of its full state shows.
 */
export async function processed({ server, client }: Omit<ClientSession, "first">): Promise<void> {
  probes += 1;
  const type = `${BARRIER} ${probes}`;
  await server.say(probe(type));
  try {
    for (let seen = ""; seen !== type; ) seen = (await takeProbe(client)).type ?? "";
  } catch (error) {
    // What the application is told cannot be seen, or it is never told of custom messages.
    if (!(error instanceof NotSupportedError)) throw error;
    await takeFullState(server);
  }
}

let probes = 0;

/** Whether it can be seen what the application is told. */
export function isSeen({ events }: RunningClient): boolean {
  try {
    return events.all.length >= 0;
  } catch (error) {
    if (error instanceof NotSupportedError) return false;
    throw error;
  }
}

/** The messages that came so far. */
export function messagesOf(server: RawServer): readonly AgentToServer[] {
  return server.messages.all.map(readable);
}

function readable({ message }: ReceivedMessage): AgentToServer {
  assert.ok(message, "the client sent what is no AgentToServer");
  return message;
}

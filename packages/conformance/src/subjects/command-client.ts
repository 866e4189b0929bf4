import {
  type AgentCapability,
  agentHasCapability,
  bitsFromAgentCapabilities,
} from "@opamp/protocol";
import type { RawServer } from "../raw/raw-server.ts";
import type { TransportName } from "../raw/transport-name.ts";
import type {
  ClientSubject,
  ClientSubjectSettings,
  RunningClient,
} from "../runner/client-subject.ts";
import { NotSupportedError } from "../runner/not-supported-error.ts";
import { type CommandEnd, type RunningCommand, startCommand } from "./child-process.ts";
import { environmentFrom, type StartSetting, untaken } from "./environment.ts";
import { firstWithin } from "./first-within.ts";
import { needsOperator, unseen } from "./needs-operator.ts";

export interface CommandClientOptions {
  /** `{url}` and `{transport}` in its arguments are filled in. */
  readonly command: readonly [string, ...string[]];
  /** What it takes from its environment. */
  readonly takes: readonly StartSetting[];
  /** How long it may take to connect for the first time, and to end, in milliseconds. */
  readonly waitMs: number;
}

/** A client that a command starts, and that nobody operates. */
export interface CommandClient extends ClientSubject {
  /** Starts it, and learns its capabilities; rejects when it does not connect over the transport. */
  greet(server: RawServer, transport: TransportName): Promise<void>;
}

/** How long a command may take to connect, beyond the deadline of a case: a virtual machine starts slowly. */
const START_MS = 20_000;

/** A client that a command starts, as a subject. It is started for each case, and killed. */
export function createCommandClient(options: CommandClientOptions): CommandClient {
  const { command, takes, waitMs } = options;
  const startMs = waitMs + START_MS;
  const declared = new Map<TransportName, bigint>();
  const start = (settings: Partial<ClientSubjectSettings>, url: string): RunningCommand => {
    const transport = transportOf(url);
    const environment = { OPAMP_SERVER_URL: url, OPAMP_TRANSPORT: transport };
    const filled = filledIn(command, { url, transport });
    return startCommand(filled, { ...environment, ...environmentFrom(settings, takes) });
  };
  return {
    name: command.join(" "),
    startMs,
    keepsOwnPace: !(takes.includes("interval-ms") && takes.includes("retry-delay-ms")),
    async greet(server, transport) {
      await using running = start({}, server.url(transport));
      const first = server.messages.take({
        what: "the first message of the client",
        timeoutMs: startMs,
      });
      const received = await Promise.race([first, running.ended]);
      if ("kind" in received) throw new Error(descriptionOf(received));
      declared.set(transport, received.message?.capabilities ?? 0n);
    },
    async start({ serverUrl, wishes = {}, ...settings }, { trace, attempted }) {
      const { capabilities, ...others } = settings;
      const setting = untaken(others, takes);
      if (setting !== undefined) throw needsOperator(`the client has to start with ${setting}`);
      const bits = declared.get(transportOf(serverUrl)) ?? 0n;
      // What goes with a capability is the client's own: it has to declare what is wished for.
      const { capabilities: wished = [], ...otherWishes } = wishes;
      assertDeclared(bits, wished);
      if (capabilities !== undefined && !takes.includes("capabilities")) {
        assertDeclared(bits, capabilities);
        assertNoOthers(bits, capabilities);
      }
      const running = start({ ...otherWishes, ...settings }, serverUrl);
      void running.ended.then((end) => trace("received", descriptionOf(end)));
      await firstWithin<unknown>(startMs, [attempted, running.ended]);
      return runningClient(running, waitMs);
    },
  };
}

function runningClient(running: RunningCommand, waitMs: number): RunningClient {
  return {
    ...unoperated,
    get serverCapabilities(): never {
      throw needsOperator(told);
    },
    async stop() {
      const end = await running.stop(waitMs);
      if (end === undefined) throw new Error(`the client did not end in ${waitMs} ms of SIGTERM`);
      if (end.kind === "killed") throw new NotSupportedError("the client does not handle SIGTERM");
    },
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  };
}

const told = "what the application of the client is told has to be seen";

function operate(): never {
  throw needsOperator("the application of the client has to be told what to do");
}

const unoperated: Omit<RunningClient, "stop" | "serverCapabilities" | typeof Symbol.asyncDispose> =
  {
    events: unseen(told),
    setDescription: operate,
    setCapabilities: operate,
    setHealth: operate,
    updateEffectiveConfig: operate,
    setRemoteConfigStatus: operate,
    setConnectionSettingsStatus: operate,
    setPackageStatuses: operate,
    setCustomCapabilities: operate,
    setAvailableComponents: operate,
    sendCustomMessage: operate,
    requestCertificate: operate,
  };

function assertDeclared(bits: bigint, needed: readonly AgentCapability[]): void {
  const missing = needed.find((capability) => !agentHasCapability(bits, capability));
  if (missing !== undefined) throw new NotSupportedError(`capability not declared: ${missing}`);
}

function assertNoOthers(bits: bigint, capabilities: readonly AgentCapability[]): void {
  const wanted = bitsFromAgentCapabilities(["ReportsStatus", ...capabilities]);
  if ((bits & ~wanted) !== 0n) throw needsOperator("the client has to start with capabilities");
}

function filledIn(
  [program, ...args]: readonly [string, ...string[]],
  values: Readonly<Record<string, string>>,
): readonly [string, ...string[]] {
  const fill = (text: string): string =>
    text.replaceAll(/\{(url|transport)\}/g, (_, name: string) => values[name] ?? "");
  return [fill(program), ...args.map(fill)];
}

function transportOf(url: string): TransportName {
  return url.startsWith("ws") ? "websocket" : "http";
}

/** How a command ended, for people. */
function descriptionOf(end: CommandEnd): string {
  switch (end.kind) {
    case "not-started":
      return `the client could not be started: ${end.error.message}`;
    case "exited":
      return withOutput(`the client ended with ${end.code}`, end.output);
    case "killed":
      return withOutput(`the client was ended by ${end.signal}`, end.output);
  }
}

function withOutput(text: string, output: string): string {
  return output.trim() === "" ? text : `${text}:\n${output.trim()}`;
}

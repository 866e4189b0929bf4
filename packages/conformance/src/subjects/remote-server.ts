import {
  type ServerCapability,
  type ServerToAgent,
  serverCapabilitiesFromBits,
  type UnknownBit,
} from "@opamp/protocol";
import type { Access } from "../raw/access.ts";
import { connectOverHttp, connectOverWebSocket } from "../raw/raw-agent.ts";
import type { TransportName } from "../raw/transport-name.ts";
import { withDeadline } from "../runner/deadline.ts";
import { NotSupportedError } from "../runner/not-supported-error.ts";
import type {
  RunningServer,
  ServerSubject,
  ServerSubjectSettings,
} from "../runner/server-subject.ts";
import { needsOperator, unseen } from "./needs-operator.ts";

export interface RemoteServerOptions {
  /** With any of the schemes ws, wss, http and https; both transports are used at it. */
  readonly url: URL;
  readonly access?: Access;
  /** How long the first answer is waited for, in milliseconds. @default 5000 */
  readonly waitMs?: number;
}

/** A server that runs somewhere, and that nobody operates. */
export interface RemoteServer extends ServerSubject {
  /** Rejects when no agent gets an answer over the transport. */
  greet(transport: TransportName): Promise<void>;
}

/** A server at a URL, as a subject. What needs its application to do or to show something is skipped. */
export function createRemoteServer({ url, access, waitMs }: RemoteServerOptions): RemoteServer {
  const urlOver = (transport: TransportName): string => schemed(url, transport).href;
  let declared: readonly (ServerCapability | UnknownBit)[] | undefined;
  const running: RunningServer = {
    ...unoperated,
    url: urlOver,
    ...(access && { access }),
    [Symbol.asyncDispose]: async () => {},
  };
  return {
    name: url.href,
    async greet(transport) {
      const options = { ...(access && { access }), ...(waitMs && { waitMs }) };
      const { capabilities } = await withDeadline(
        firstAnswer(transport, urlOver(transport), options),
        waitMs ?? DEFAULT_WAIT_MS,
        "the first message was not answered in time",
      );
      declared ??= serverCapabilitiesFromBits(capabilities);
    },
    async start(settings) {
      assertAsItIs(settings, declared ?? []);
      return running;
    },
  };
}

const DEFAULT_WAIT_MS = 5000;

// Thrown at once: a promise that rejects could pass for what a case expects.
function operate(): never {
  throw needsOperator("the application of the server has to be told what to do");
}

const told = "what the application of the server is told has to be seen";

const unoperated: Omit<RunningServer, "url" | typeof Symbol.asyncDispose> = {
  delivered: unseen(told),
  events: unseen(told),
  onNextMessages: operate,
  push: operate,
  disconnect: operate,
  close() {
    throw needsOperator("the server has to be shut down");
  },
};

/** Fails with a `NotSupportedError` unless the server is already as the case wants it. */
function assertAsItIs(
  { capabilities = [], tracksAgents: _asAnyWholeServer, ...others }: ServerSubjectSettings,
  declared: readonly (ServerCapability | UnknownBit)[],
): void {
  const missing = capabilities.find((capability) => !declared.includes(capability));
  if (missing !== undefined) throw new NotSupportedError(`capability not declared: ${missing}`);
  const [setting] = Object.keys(others);
  if (setting !== undefined) throw needsOperator(`the server has to be given ${setting}`);
}

async function firstAnswer(
  transport: TransportName,
  url: string,
  options: { readonly access?: Access; readonly waitMs?: number },
): Promise<ServerToAgent> {
  await using agent =
    transport === "websocket"
      ? await connectOverWebSocket(url, options)
      : connectOverHttp(url, options);
  const { message, status } = await agent.exchange({ agentDescription: {} });
  if (message === undefined) throw new Error(`the answer is no ServerToAgent; status ${status}`);
  return message;
}

function schemed(url: URL, transport: TransportName): URL {
  const secure = url.protocol === "wss:" || url.protocol === "https:";
  const scheme = transport === "websocket" ? "ws" : "http";
  return new URL(url.href.replace(/^[a-z]+:/, secure ? `${scheme}s:` : `${scheme}:`));
}

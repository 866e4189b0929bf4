import { randomBytes } from "node:crypto";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import {
  type AgentToServer,
  ConnectionSettingsStatuses,
  encodeAgentToServer,
  instanceUidFromBytes,
  ServerErrorResponseType,
  type ServerToAgentInit,
} from "@opamp/protocol";
import { type Connection, createOpAMPServer, type OpAMPServer } from "@opamp/server";
import {
  type CertificateAuthority,
  createCertificateAuthority,
  publicKeyOfRequest,
} from "@opamp/test-kit";

/** A certificate request as a server got it. */
export interface SeenRequest {
  readonly csr: string;
  readonly publicKey: string;
  readonly instanceUid: string;
  /** The common name of the client certificate on its connection; undefined for none. */
  readonly clientName: string | undefined;
}

/** What a server says to a request. */
export type AnswerRequest = (request: SeenRequest) => Promise<ServerToAgentInit>;

/** A door for agents without a certificate, and one that lets none in without. */
export interface CertificateServer extends AsyncDisposable {
  readonly authority: CertificateAuthority;
  /** For an agent that comes to the open door. */
  readonly settings: { readonly serverUrl: string; readonly tls: { readonly ca: string } };
  /** Lets in agents without a certificate. */
  readonly openUrl: string;
  /** Asks for a certificate of the authority, and cuts whoever has none. */
  readonly guardedUrl: string;
  readonly requests: readonly SeenRequest[];
  /** All messages, as bytes in Latin 1. */
  readonly heard: readonly string[];
  /** The statuses that were reported, without repetitions, such as `FAILED certificate.cert: …`. */
  readonly statuses: readonly string[];
  /** The common names of the agents that came through the guarded door, in order. */
  readonly guests: readonly string[];
  /** @default signs, and shows the guarded door */
  answer: AnswerRequest;
  /** Says something to the agent that came last. */
  push(message: ServerToAgentInit): Promise<void>;
  /** Cuts all connections. */
  cutAll(): void;
}

export interface CertificateServerOptions {
  readonly scheme?: "wss" | "https";
  /** @default those that are needed */
  readonly capabilities?: readonly (
    | "OffersConnectionSettings"
    | "AcceptsConnectionSettingsRequest"
  )[];
}

export async function startCertificateServer({
  scheme = "wss",
  capabilities = ["OffersConnectionSettings", "AcceptsConnectionSettingsRequest"],
}: CertificateServerOptions = {}): Promise<CertificateServer> {
  const authority = await createCertificateAuthority("Fleet CA");
  const identity = await authority.issueServer();
  const requests: SeenRequest[] = [];
  const statuses: string[] = [];
  const heard: string[] = [];
  const guests: string[] = [];
  let last: { readonly connection: Connection; readonly instanceUid: Uint8Array } | undefined;
  const onMessage = async (
    connection: Connection,
    message: AgentToServer,
  ): Promise<ServerToAgentInit> => {
    last = { connection, instanceUid: message.instanceUid };
    heard.push(Buffer.from(encodeAgentToServer(message)).toString("latin1"));
    const status = statusOf(message);
    if (status !== undefined && status !== statuses.at(-1)) statuses.push(status);
    const csr = message.connectionSettingsRequest?.opamp?.certificateRequest?.csr;
    if (csr === undefined) return {};
    const text = new TextDecoder().decode(csr);
    const request = {
      csr: text,
      publicKey: publicKeyOfRequest(text),
      instanceUid: instanceUidFromBytes(message.instanceUid),
      clientName: connection.request.peerCertificate?.subject?.CN,
    };
    requests.push(request);
    return result.answer(request);
  };
  const opamp: OpAMPServer = createOpAMPServer({
    capabilities: ["AcceptsStatus", ...capabilities],
    callbacks: { onMessage },
  });

  const open = createServer({
    ...identity,
    ca: authority.cert,
    requestCert: true,
    rejectUnauthorized: false,
  });
  const guarded = createServer({
    ...identity,
    ca: authority.cert,
    requestCert: true,
    rejectUnauthorized: true,
  });
  guarded.on("secureConnection", (socket) => guests.push(socket.getPeerCertificate().subject.CN));
  const openPort = await listen(open, opamp);
  const guardedPort = await listen(guarded, opamp);
  const url = (port: number): string => `${scheme}://localhost:${port}/v1/opamp`;

  const result: CertificateServer = {
    authority,
    settings: { serverUrl: url(openPort), tls: { ca: authority.cert } },
    openUrl: url(openPort),
    guardedUrl: url(guardedPort),
    requests,
    heard,
    statuses,
    guests,
    answer: async ({ csr }) =>
      offerOf({ cert: await authority.signRequest(csr) }, url(guardedPort)),
    async push(message) {
      if (last === undefined) throw new Error("nobody has come");
      await last.connection.send({ instanceUid: last.instanceUid, ...message });
    },
    cutAll() {
      for (const connection of opamp.connections) void connection.disconnect();
    },
    async [Symbol.asyncDispose]() {
      await opamp.close({ deadlineMs: 500 });
      for (const server of [open, guarded]) {
        server.closeAllConnections();
        await new Promise<void>((resolve) => server.close(() => resolve()));
      }
    },
  };
  return result;
}

/** An offer that nobody has had before. */
export function offerOf(
  { cert, ...certificate }: { readonly cert: string; readonly privateKey?: Uint8Array },
  destinationEndpoint = "",
): ServerToAgentInit {
  const opamp = {
    destinationEndpoint,
    certificate: { ...certificate, cert: new TextEncoder().encode(cert) },
  };
  return { connectionSettings: { hash: randomBytes(8), opamp } };
}

/** What refuses a request. */
export function refusal(errorMessage: string): ServerToAgentInit {
  return { errorResponse: { type: ServerErrorResponseType.BadRequest, errorMessage } };
}

async function listen(server: Server, opamp: OpAMPServer): Promise<number> {
  opamp.attach(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

function statusOf({ connectionSettingsStatus: status }: AgentToServer): string | undefined {
  if (status === undefined) return undefined;
  const names = Object.entries(ConnectionSettingsStatuses);
  const name = names.find(([, value]) => value === status.status)?.[0] ?? "?";
  return `${name} ${status.errorMessage}`.trim();
}

import type { IncomingHttpHeaders } from "node:http";
import { type PeerCertificate, TLSSocket } from "node:tls";
import type { ConnectRequest } from "../connect-request.ts";
import { takeQueryParameter } from "../security/query-parameter.ts";
import type { NodeRequest } from "./node-types.ts";

/** What is kept of a Node request: not the request itself, for a WebSocket may live for months. */
export class NodeConnectRequest implements ConnectRequest {
  readonly transport: ConnectRequest["transport"];
  readonly headers: IncomingHttpHeaders;
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
  readonly encrypted: boolean;
  readonly peerCertificate: PeerCertificate | undefined;
  readonly peerAuthorized: boolean;
  #url: string;
  #aborted = false;
  #controller: AbortController | undefined;

  constructor(transport: ConnectRequest["transport"], { socket, url, headers }: NodeRequest) {
    this.transport = transport;
    this.#url = url ?? "/";
    this.headers = headers;
    this.remoteAddress = socket.remoteAddress;
    this.remotePort = socket.remotePort;
    const tls = socket instanceof TLSSocket ? socket : undefined;
    this.encrypted = tls !== undefined;
    this.peerCertificate = presentedCertificate(tls);
    this.peerAuthorized = this.peerCertificate !== undefined && tls?.authorized === true;
  }

  get url(): string {
    return this.#url;
  }

  takeQueryParameter(name: string): readonly string[] {
    const { url, values } = takeQueryParameter(this.#url, name);
    this.#url = url;
    return values;
  }

  /** Made on first use: few callbacks look at it, and there is one request per poll. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#aborted) this.#controller.abort();
    return this.#controller.signal;
  }

  /** Whether the agent has gone before it was answered. */
  get aborted(): boolean {
    return this.#aborted;
  }

  abort(): void {
    this.#aborted = true;
    this.#controller?.abort();
  }
}

/** Without a certificate Node gives an empty object, or null once the socket is gone. */
function presentedCertificate(socket: TLSSocket | undefined): PeerCertificate | undefined {
  const certificate: PeerCertificate | null = socket?.getPeerCertificate() ?? null;
  return certificate === null || certificate.raw === undefined ? undefined : certificate;
}

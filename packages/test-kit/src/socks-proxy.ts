import { connect, createServer, type Socket } from "node:net";
import { listenLocally } from "./local-server.ts";

export interface SocksProxyOptions {
  /** Asks for this user and password (RFC 1929). @default no authentication */
  readonly credentials?: { readonly user: string; readonly password: string };
  /** Answers every request with "connection not allowed". @default false */
  readonly refuse?: boolean;
  /** Takes connections and never answers. @default false */
  readonly silent?: boolean;
}

/** What a SOCKS proxy was asked to connect to. */
export interface SocksRequest {
  /** `domain` when the proxy is to resolve the name. */
  readonly addressType: "ipv4" | "domain" | "ipv6";
  readonly host: string;
  readonly port: number;
}

/** A SOCKS 5 proxy that tunnels and remembers what it was asked (RFC 1928). */
export interface SocksProxy extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly requests: readonly SocksRequest[];
  /** How many connections of clients are open. */
  readonly openConnections: number;
  close(): Promise<void>;
}

/** Starts a proxy on a free port of 127.0.0.1. */
export async function startSocksProxy(options: SocksProxyOptions = {}): Promise<SocksProxy> {
  const requests: SocksRequest[] = [];
  const server = createServer((client) => {
    if (options.silent) {
      client.resume();
      return;
    }
    serve(client, options, (request) => requests.push(request)).catch(() => client.destroy());
  });
  const local = await listenLocally(server);
  return {
    url: `socks5h://127.0.0.1:${local.port}`,
    port: local.port,
    requests,
    get openConnections() {
      return local.openConnections;
    },
    close: local.close,
    [Symbol.asyncDispose]: local.close,
  };
}

const METHOD = { none: 0x00, password: 0x02 } as const;
const REPLY = { granted: 0x00, notAllowed: 0x02, hostUnreachable: 0x04 } as const;

async function serve(
  client: Socket,
  { credentials, refuse }: SocksProxyOptions,
  record: (request: SocksRequest) => void,
): Promise<void> {
  const [, methodCount = 0] = await read(client, 2);
  await read(client, methodCount);
  client.write(Uint8Array.of(5, credentials ? METHOD.password : METHOD.none));
  if (credentials !== undefined) {
    const given = await readCredentials(client);
    const isRight = given.user === credentials.user && given.password === credentials.password;
    client.write(Uint8Array.of(1, isRight ? 0 : 1));
    if (!isRight) return void client.end();
  }
  const request = await readRequest(client);
  record(request);
  if (refuse) return void client.end(reply(REPLY.notAllowed));
  tunnel(client, request);
}

async function readCredentials(
  client: Socket,
): Promise<{ readonly user: string; readonly password: string }> {
  const [, userLength = 0] = await read(client, 2);
  const user = (await read(client, userLength)).toString();
  const [passwordLength = 0] = await read(client, 1);
  return { user, password: (await read(client, passwordLength)).toString() };
}

async function readRequest(client: Socket): Promise<SocksRequest> {
  const [, , , type = 0] = await read(client, 4);
  const address = await readAddress(client, type);
  return { ...address, port: (await read(client, 2)).readUInt16BE() };
}

async function readAddress(client: Socket, type: number): Promise<Omit<SocksRequest, "port">> {
  if (type === 1) return { addressType: "ipv4", host: (await read(client, 4)).join(".") };
  if (type === 3) {
    const [length = 0] = await read(client, 1);
    return { addressType: "domain", host: (await read(client, length)).toString() };
  }
  const bytes = await read(client, 16);
  const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(i * 2).toString(16));
  return { addressType: "ipv6", host: groups.join(":") };
}

/** Reads exactly so many bytes; rejects when the client ends before. */
async function read(client: Socket, length: number): Promise<Buffer> {
  if (length === 0) return Buffer.alloc(0);
  for (;;) {
    const bytes: Buffer | null = client.read(length);
    if (bytes !== null) return bytes;
    if (client.readableEnded) throw new Error("the client ended early");
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        client.off("readable", wake).off("end", wake).off("close", wake);
        resolve();
      };
      client.on("readable", wake).on("end", wake).on("close", wake);
    });
    if (client.destroyed) throw new Error("the client went away");
  }
}

function tunnel(client: Socket, { host, port }: SocksRequest): void {
  const upstream = connect(port, host);
  upstream.once("connect", () => {
    client.write(reply(REPLY.granted));
    upstream.pipe(client).pipe(upstream);
  });
  upstream.on("error", () => client.end(reply(REPLY.hostUnreachable)));
  upstream.once("close", () => client.end(() => client.destroy()));
  client.once("close", () => upstream.destroy());
}

function reply(code: number): Uint8Array {
  return Uint8Array.of(5, code, 0, 1, 0, 0, 0, 0, 0, 0);
}

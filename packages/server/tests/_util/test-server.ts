import {
  createOpAMPServer,
  type ListenOptions,
  type OpAMPServer,
  type ServerSettings,
} from "@opamp/server";

export interface TestServer extends AsyncDisposable {
  readonly server: OpAMPServer;
  readonly wsUrl: string;
  readonly httpUrl: string;
  readonly port: number;
}

/** Starts a server on a free port of the loopback interface. */
export async function startServer(
  settings: ServerSettings = {},
  options: Pick<ListenOptions, "port" | "reusePort" | "tls"> = {},
): Promise<TestServer> {
  const server = createOpAMPServer(settings);
  const { port } = await server.listen({ port: 0, host: "127.0.0.1", ...options });
  const s = options.tls === undefined ? "" : "s";
  const place = `127.0.0.1:${port}${settings.path ?? "/v1/opamp"}`;
  return {
    server,
    port,
    wsUrl: `ws${s}://${place}`,
    httpUrl: `http${s}://${place}`,
    [Symbol.asyncDispose]: () => server.close({ deadlineMs: 0 }),
  };
}

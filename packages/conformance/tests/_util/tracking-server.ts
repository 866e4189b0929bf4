import { createServer } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { accept, createAgentTracker, createOpAMPServer, reject } from "@opamp/server";
import type { KeyedCertificate } from "@opamp/test-kit";

export interface TrackingServerOptions {
  /** The credentials that it asks for. @default none */
  readonly authorization?: string;
  /** @default none: no TLS */
  readonly certificate?: KeyedCertificate;
}

export interface TrackingServer extends AsyncDisposable {
  readonly url: string;
}

/** `@opamp/server` with its tracker, which nobody operates. */
export async function startTrackingServer(
  options: TrackingServerOptions = {},
): Promise<TrackingServer> {
  const { authorization, certificate } = options;
  const tracker = createAgentTracker();
  const server = createOpAMPServer({
    capabilities: tracker.capabilities,
    callbacks: {
      ...tracker.callbacks,
      onConnecting: ({ headers }) =>
        authorization === undefined || headers.authorization === authorization
          ? accept()
          : reject(401),
    },
  });
  const http = certificate === undefined ? createServer() : createSecureServer(certificate);
  server.attach(http);
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const { port } = http.address() as AddressInfo;
  return {
    url: `${certificate === undefined ? "ws" : "wss"}://127.0.0.1:${port}/v1/opamp`,
    async [Symbol.asyncDispose]() {
      await server.close({ deadlineMs: 200 });
      await tracker.close();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

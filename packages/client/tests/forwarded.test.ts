import { createServer, request } from "node:http";
import { createOpAMPClient } from "@opamp/client";
import { createAgentTracker, createOpAMPServer, createRemoteConfigOffer } from "@opamp/server";
import { eventually, listenLocally } from "@opamp/test-kit";
import { expect, it, onTestFinished } from "vitest";

/** A gateway that passes requests on, as the http_forwarder of the Collector does. */
async function startForwarder(port: number): Promise<number> {
  const server = createServer((incoming, outgoing) => {
    const { method, url: path, headers } = incoming;
    const target = {
      port,
      host: "127.0.0.1",
      method,
      path,
      headers: { ...headers, via: "1.1 gw" },
    };
    const forwarded = request(target, (response) => {
      outgoing.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(outgoing);
    });
    incoming.pipe(forwarded);
  });
  const { port: own, close } = await listenLocally(server);
  onTestFinished(close);
  return own;
}

it("a client polls a server through a gateway that knows nothing of OpAMP [W-74]", async () => {
  await using tracker = createAgentTracker({
    desired: () => ({ remoteConfig: createRemoteConfigOffer({ "edge.yaml": "interval: 10s" }) }),
  });
  const vias: unknown[] = [];
  const server = createOpAMPServer({
    capabilities: tracker.capabilities,
    callbacks: {
      ...tracker.callbacks,
      onConnected: ({ request: { headers } }) => void vias.push(headers.via),
    },
  });
  onTestFinished(() => server.close({ deadlineMs: 0 }));
  const { port } = await server.listen({ port: 0, host: "127.0.0.1" });
  const files: string[] = [];
  await using client = createOpAMPClient({
    serverUrl: `http://127.0.0.1:${await startForwarder(port)}/v1/opamp`,
    agentDescription: { identifyingAttributes: { "service.name": "edge" } },
    capabilities: ["AcceptsRemoteConfig"],
    callbacks: {
      onMessage: ({ remoteConfig }) =>
        void files.push(...Object.keys(remoteConfig?.config?.configMap ?? {})),
    },
  });
  await client.start();
  await eventually(() => expect(files).toEqual(["edge.yaml"]), { timeoutMs: 10_000 });
  expect(tracker.agent(client.instanceUid)?.parts.agentDescription).toBeDefined();
  expect(new Set(vias)).toEqual(new Set(["1.1 gw"]));
});

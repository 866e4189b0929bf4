// A server and an agent as a user starts them, over both transports: description and config.

import assert from "node:assert/strict";

export async function talk({ createOpAMPClient, createOpAMPServer, protocol }) {
  for (const scheme of ["ws", "http"]) {
    const offered = { config: { configMap: { "": { body: Uint8Array.of(1) } } } };
    const remoteConfig = { ...offered, configHash: Uint8Array.of(7) };
    const reported = Promise.withResolvers();
    const received = Promise.withResolvers();

    const server = createOpAMPServer({
      capabilities: ["AcceptsStatus", "OffersRemoteConfig"],
      callbacks: {
        onMessage(_, { agentDescription }) {
          if (agentDescription === undefined) return undefined;
          const { identifyingAttributes } = agentDescription;
          reported.resolve(protocol.attributesFromKeyValues(identifyingAttributes));
          return { remoteConfig };
        },
      },
    });
    const { port } = await server.listen({ host: "127.0.0.1", port: 0 });

    const client = createOpAMPClient({
      serverUrl: `${scheme}://127.0.0.1:${port}/v1/opamp`,
      agentDescription: { identifyingAttributes: { "service.name": "smoke" } },
      capabilities: ["AcceptsRemoteConfig"],
      callbacks: { onMessage: (message) => received.resolve(message.remoteConfig) },
    });
    await client.start();
    assert.equal((await reported.promise)["service.name"], "smoke");
    assert.deepEqual([...(await received.promise).configHash], [7]);
    await client.stop();
    await server.close();
  }
}

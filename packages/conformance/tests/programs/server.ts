import { createAgentTracker, createOpAMPServer } from "@opamp/server";

// An ordinary server: it says where it listens, and nobody operates it.

const tracker = createAgentTracker();
const server = createOpAMPServer({
  callbacks: tracker.callbacks,
  capabilities: tracker.capabilities,
});
const { port } = await server.listen({ port: 0, host: "127.0.0.1" });
process.stdout.write(`ws://127.0.0.1:${port}/v1/opamp\n`);

import { createAgentTracker, createOpAMPServer } from "@opamp/server";

// A server as it should stand where anybody can reach it: it takes no more than agents need.
const tracker = createAgentTracker();
const server = createOpAMPServer({
  callbacks: tracker.callbacks,
  capabilities: tracker.capabilities,
  limits: { maxReceiveBytes: 4 * 2 ** 20, maxQueuedBytes: 4 * 2 ** 20 },
});
const { port } = await server.listen({
  port: 0,
  host: "127.0.0.1",
  perAddress: { maxConnections: 20, connections: { perSecond: 10, burst: 20 } },
});
process.on("disconnect", () => process.exit());
process.on("message", () =>
  process.send?.(tracker.agents().filter(({ presence }) => presence === "connected").length),
);
process.send?.(port);

import cluster, { type Worker } from "node:cluster";
import { once } from "node:events";
import { createAgentTracker, createOpAMPServer } from "@opamp/server";

const PROCESSES = 2;

// A server with a tracker in each of several processes, all on one port, which it prints.
if (cluster.isPrimary) {
  const workers: readonly Worker[] = Array.from({ length: PROCESSES }, () => cluster.fork());
  const addresses = await Promise.all(workers.map((worker) => once(worker, "listening")));
  console.log(addresses[0]?.[0].port);
} else {
  const { callbacks, capabilities } = createAgentTracker();
  const server = createOpAMPServer({ callbacks, capabilities });
  await server.listen({ port: 0, host: "127.0.0.1" });
}

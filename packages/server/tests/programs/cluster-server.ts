import cluster from "node:cluster";
import { once } from "node:events";
import { createOpAMPServer } from "@opamp/server";

// Two processes on one port, each of which answers with the number that the system knows it by. The
// first one tells the port.
if (cluster.isPrimary) {
  const workers = [cluster.fork(), cluster.fork()];
  const [first] = await Promise.all(workers.map((worker) => once(worker, "listening")));
  process.send?.(first?.[0].port);
  process.on("disconnect", () => process.exit());
} else {
  const server = createOpAMPServer({
    callbacks: { onMessage: () => ({ errorResponse: { errorMessage: `${process.pid}` } }) },
  });
  await server.listen({ port: 0, host: "127.0.0.1" });
}

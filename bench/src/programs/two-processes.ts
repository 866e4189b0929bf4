import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { createAgentTracker, createOpAMPServer } from "@opamp/server";

const PROCESSES = 2;

// A server with a tracker in each of several processes, all on one port, which it prints.
if (process.send === undefined) {
  const first = await startProcess(0);
  for (let i = 1; i < PROCESSES; i += 1) await startProcess(first);
  console.log(first);
} else {
  const { callbacks, capabilities } = createAgentTracker();
  const server = createOpAMPServer({ callbacks, capabilities });
  const asked = Number(process.argv[2]);
  const { port } = await server.listen({ port: asked, host: "127.0.0.1", reusePort: true });
  process.send(port);
  process.once("disconnect", () => process.exit());
}

async function startProcess(port: number): Promise<number> {
  const [listening] = await once(fork(fileURLToPath(import.meta.url), [`${port}`]), "message");
  return listening;
}

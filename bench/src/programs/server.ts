import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { createAgentTracker, createOpAMPServer, type TrackedAgent } from "@opamp/server";

// Prints its port, and answers every message until standard input closes; each line there is
// answered with the number of agents that are known in full.
const { values } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    tracker: { type: "boolean", default: false },
    compression: { type: "boolean", default: false },
    cert: { type: "string" },
    key: { type: "string", default: "" },
  },
});
const { cert, key, compression } = values;

const tracker = createAgentTracker();
const tracking = { callbacks: tracker.callbacks, capabilities: tracker.capabilities };
const server = createOpAMPServer({ compression, ...(values.tracker ? tracking : {}) });
const { port } = await server.listen({
  port: Number(values.port),
  host: "127.0.0.1",
  ...(cert === undefined ? {} : { tls: { cert: readFileSync(cert), key: readFileSync(key) } }),
});
console.log(port);
for await (const _ of createInterface({ input: process.stdin })) {
  console.log(tracker.agents().filter(isFull).length);
}
process.exit();

function isFull({ presence, parts }: TrackedAgent): boolean {
  const { agentDescription, health, effectiveConfig } = parts;
  return presence === "connected" && Boolean(agentDescription && health && effectiveConfig);
}

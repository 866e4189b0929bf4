import { subscribe } from "node:diagnostics_channel";
import { createOpAMPClient, createSharedConnection, type OpAMPClient } from "@opamp/client";

// Holds many agents over few connections, measures itself, and prints one line of JSON.
const [serverUrl = "", agents = "", connections = "", beatMs = "", intervalMs = ""] =
  process.argv.slice(2);
const SETTLE_MS = 1500;

let received = 0;
subscribe("opamp.client.message.received", () => {
  received += 1;
});

// What is loaded and compiled once is not counted.
const warm = await startAgents(50, 1);
await Promise.all(warm.map((client) => client.stop()));
const before = await usage();
const clients = await startAgents(Number(agents), Number(connections));
const idle = await usage();
const cpuBefore = process.cpuUsage();
const receivedBefore = received;
await sleep(Number(beatMs));
const cpu = process.cpuUsage(cpuBefore);
const beats = received - receivedBefore;
console.log(
  JSON.stringify({
    residentBytes: (idle.rss - before.rss) / clients.length,
    heapBytes: (idle.heapUsed - before.heapUsed) / clients.length,
    cpuMicrosecondsPerBeat: (cpu.user + cpu.system) / beats,
    beats,
  }),
);
process.exit();

/** Started, and each answered. */
async function startAgents(count: number, shares: number): Promise<readonly OpAMPClient[]> {
  const answeredBefore = received;
  const lines = Array.from({ length: shares }, () => createSharedConnection({ serverUrl }));
  const started = Array.from({ length: count }, (_, i) => {
    const connection = lines[i % shares];
    if (connection === undefined) throw new Error("there are no connections");
    return createOpAMPClient({
      connection,
      agentDescription: { identifyingAttributes: { "service.name": `device-${i}` } },
      heartbeatIntervalMs: Number(intervalMs),
    });
  });
  await Promise.all(started.map((client) => client.start()));
  while (received - answeredBefore < count) await sleep(10);
  return started;
}

async function usage(): Promise<NodeJS.MemoryUsage> {
  await sleep(SETTLE_MS);
  globalThis.gc?.();
  await sleep(SETTLE_MS);
  globalThis.gc?.();
  return process.memoryUsage();
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

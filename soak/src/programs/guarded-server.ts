import { createAgentTracker, createOpAMPServer } from "@opamp/server";
import { MAX_RECEIVE_BYTES } from "../hostile/limit.ts";
import { measureTurns } from "../hostile/turns.ts";

// A server as it should stand where anybody can reach it: it takes no more than agents need. It tells
// its port, and how it is whenever it is asked.
const tracker = createAgentTracker();
const server = createOpAMPServer({
  callbacks: tracker.callbacks,
  capabilities: tracker.capabilities,
  timeouts: { headersMs: 2000 },
  limits: { maxReceiveBytes: MAX_RECEIVE_BYTES, maxQueuedBytes: MAX_RECEIVE_BYTES },
  overload: { messagesPerAgent: { perSecond: 2, burst: 20 } },
});
const { port } = await server.listen({
  port: 0,
  host: "127.0.0.1",
  perAddress: { maxConnections: 20, connections: { perSecond: 10, burst: 20 } },
});
const turns = measureTurns();
let usage = process.cpuUsage();
process.on("message", () => {
  const connected = tracker.agents().filter(({ presence }) => presence === "connected").length;
  const { user, system } = process.cpuUsage(usage);
  usage = process.cpuUsage();
  const cpuS = (user + system) / 1e6;
  const condition: ServerCondition = { connected, turnP99Ms: turns.takeP99(), cpuS };
  process.send?.(condition);
});
process.on("disconnect", () => process.exit());
process.send?.(port);

export interface ServerCondition {
  /** Agents, as the tracker has them. */
  readonly connected: number;
  /** CPU time of a turn of the event loop, since the last question. */
  readonly turnP99Ms: number;
  /** CPU time of all its threads, since the last question. */
  readonly cpuS: number;
}

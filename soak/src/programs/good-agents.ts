import { createAgentCrowd } from "@opamp/test-kit";

// Agents that behave. When they are told how long, they beat; then they say how long
// their answers took, in milliseconds.
const [port = "", count = "", perSecond = ""] = process.argv.slice(2);
const crowd = createAgentCrowd((index) => ({
  port: Number(port),
  // Each from an address of its own.
  localAddress: `127.1.${Math.floor(index / 250)}.${1 + (index % 250)}`,
}));
await crowd.grow(Number(count), "full report");
process.on("message", (durationMs: number) => void beat(durationMs));
process.on("disconnect", () => process.exit());
process.send?.("connected");

async function beat(durationMs: number): Promise<void> {
  const latencies = await crowd.beatAtRate({ perSecond: Number(perSecond), durationMs });
  process.send?.(latencies.values);
}

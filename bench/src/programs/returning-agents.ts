import { type Measurements, startReturningAgents } from "../returning-agents.ts";

// Agents of one process; says when the server has the full state of all, whenever it is asked.
const [port = "", count = "", localAddress = ""] = process.argv.slice(2);
const agents = startReturningAgents({
  address: { port: Number(port), localAddress },
  count: Number(count),
});
process.on("message", () => void tellWhenKnown());
process.on("disconnect", () => process.exit());

async function tellWhenKnown(): Promise<void> {
  await agents.untilKnown();
  const known: KnownMessage = { atMs: Date.now(), ...agents.takeMeasurements() };
  process.send?.(known);
}

export interface KnownMessage extends Measurements {
  /** By the wall clock. */
  readonly atMs: number;
}

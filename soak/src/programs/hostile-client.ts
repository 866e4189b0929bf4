import { setPriority } from "node:os";
import type { Attack } from "../hostile/attack.ts";
import { garbage, headerFlood } from "../hostile/floods.ts";
import { deflateBombs, hugeFrames } from "../hostile/large.ts";
import { halfOpenHandshakes, slowWriters } from "../hostile/slow.ts";

// Attacks a server, one way after the other: a message says which is next, and ends the one before.
setPriority(19);
const attacks: readonly Attack[] = [
  halfOpenHandshakes,
  slowWriters,
  headerFlood,
  hugeFrames,
  deflateBombs,
  garbage,
];
const port = Number(process.argv[2]);
let current = new AbortController();

process.on("message", (index: number) => {
  current.abort();
  current = new AbortController();
  const attack = attacks[index];
  void attack?.run({ port, signal: current.signal });
});
process.on("disconnect", () => process.exit());
process.send?.(attacks.map(({ name }) => name));

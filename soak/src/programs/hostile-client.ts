import { type Attack, takeDone } from "../hostile/attack.ts";
import { garbage, headerFlood } from "../hostile/floods.ts";
import { useIdleTimeOnly } from "../hostile/idle-time.ts";
import { deflateBombs, hugeMessages } from "../hostile/large.ts";
import { halfOpenHandshakes, slowWriters } from "../hostile/slow.ts";

// Attacks a server, one way after the other: a message says which is next, and ends the one before,
// of which it tells what was done.
//
// An attacker has a machine of its own. This one shares it with its victims, so it only gets the time
// that none of them wants.
if (!useIdleTimeOnly()) {
  console.warn("chrt does not work here: the attacker takes CPU time from those whom it attacks");
}
const attacks: readonly Attack[] = [
  halfOpenHandshakes,
  slowWriters,
  headerFlood,
  hugeMessages,
  deflateBombs,
  garbage,
];
const port = Number(process.argv[2]);
let current = new AbortController();

process.on("message", (index: number) => {
  current.abort();
  current = new AbortController();
  process.send?.(takeDone());
  const attack = attacks[index];
  void attack?.run({ port, signal: current.signal });
});
process.on("disconnect", () => process.exit());
process.send?.(attacks.map(({ name }) => name));

// A hostile client beside 1,000 good agents. `npm run soak:hostile -- 9` for so many rounds.

import { printChecks } from "./checks.ts";
import { runHostile } from "./run-hostile.ts";

const results = await runHostile({
  agents: 1000,
  // Each beats once a second, thirty times as often as agents do by default.
  perSecond: 1000,
  rounds: Number(process.argv[2] ?? 3),
  periodMs: 3000,
  maxGrowth: 2,
  floorMs: 500,
  maxTurnMs: 30,
  maxResidentBytes: 500e6,
});
printChecks(results);

// A hostile client beside 1,000 good agents. `npm run soak:hostile -- 9` for so many rounds.

import { printChecks } from "./checks.ts";
import { runHostile } from "./run-hostile.ts";

// Whoever asks for rounds wants to know; else what holds on any machine is checked.
const rounds = process.argv[2];
const results = await runHostile({
  agents: 1000,
  // Each beats once a second, thirty times as often as agents do by default.
  perSecond: 1000,
  rounds: Number(rounds ?? 3),
  periodMs: 3000,
  maxDiscarded: rounds === undefined ? 1 : 3,
  maxGrowth: 2,
  floorMs: 500,
  maxTurnMs: 30,
  maxResidentBytes: 400e6,
});
printChecks(results);

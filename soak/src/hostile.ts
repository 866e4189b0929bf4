// A hostile client beside 1,000 good agents.

import { printChecks } from "./checks.ts";
import { runHostile } from "./run-hostile.ts";

const results = await runHostile({
  agents: 1000,
  perSecond: 1000,
  windowMs: 1000,
  windows: 5,
  maxGrowth: 2,
  floorMs: 500,
  maxTurnMs: 30,
  maxResidentBytes: 600e6,
});
printChecks(results);

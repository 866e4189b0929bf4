// 5,000 agents, and a server that is killed, restarted and drained while they work.

import { printChecks } from "./checks.ts";
import { runFleet } from "./fleet/run-fleet.ts";

const results = await runFleet({ ownSockets: 500, sharing: 4000, polling: 500 });
printChecks(results);

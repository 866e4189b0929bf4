// Client and server through a network that misbehaves, for SOAK_SECONDS (120 by default). SOAK_SEED
// makes the same decisions again.

import { printChecks } from "./checks.ts";
import { runSoak } from "./run-soak.ts";

const seconds = Number(process.env.SOAK_SECONDS ?? 120);
const seed = Number(process.env.SOAK_SEED ?? Date.now() % 2 ** 32);
console.log(`soak: ${seconds} s, seed ${seed} (SOAK_SEED=${seed} npm run soak)`);

const results = await runSoak({ seconds, seed });
printChecks(results);

// Client and server through a network that misbehaves, for SOAK_SECONDS (120 by default). SOAK_SEED
// makes the same decisions again.

import { runSoak } from "./run-soak.ts";

const seconds = Number(process.env.SOAK_SECONDS ?? 120);
const seed = Number(process.env.SOAK_SEED ?? Date.now() % 2 ** 32);
console.log(`soak: ${seconds} s, seed ${seed} (SOAK_SEED=${seed} npm run soak)`);

const results = await runSoak({ seconds, seed });
for (const { what, problem } of results) {
  console.log(problem === undefined ? `ok   ${what}` : `FAIL ${what}: ${problem}`);
}
const failed = results.filter(({ problem }) => problem !== undefined).length;
console.log(`soak: ${results.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

import { describeThrown } from "@opamp/protocol";
import { createHostwatchAgent } from "./agent.ts";
import { parseArguments, usage } from "./arguments.ts";
import { createLog } from "./log.ts";
import { onStopRequest } from "./stop-request.ts";

async function main(): Promise<void> {
  const args = parseArguments(process.argv.slice(2));
  if (args === "help") {
    console.log(usage);
    return;
  }
  const agent = await createHostwatchAgent(args, createLog(args.name));
  onStopRequest(() => agent.stop());
  await agent.start();
}

main().catch((thrown: unknown) => {
  console.error(`${describeThrown(thrown)}\nSee npm run agent -- --help`);
  process.exitCode = 1;
});

import { describeThrown } from "@opamp/protocol";
import { parseArguments, usage } from "./arguments.ts";
import { type Demo, startDemo } from "./demo.ts";
import { createLog } from "./log.ts";
import { onStopRequest } from "./stop-request.ts";

function main(): void {
  const args = parseArguments(process.argv.slice(2));
  if (args === "help") {
    console.log(usage);
    return;
  }
  const demo: Demo = startDemo(args, {
    log: createLog("demo"),
    onFailure() {
      process.exitCode = 1;
      void demo.stop().finally(() => process.exit());
    },
  });
  onStopRequest(() => demo.stop());
}

try {
  main();
} catch (thrown) {
  console.error(`${describeThrown(thrown)}\nSee npm start -- --help`);
  process.exitCode = 1;
}

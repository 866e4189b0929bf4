import { describeThrown } from "@opamp/protocol";
import { parseArguments } from "./arguments.ts";
import type { ServerReady } from "./demo.ts";
import { createLog } from "./log.ts";
import { serve } from "./serve.ts";
import { onStopRequest } from "./stop-request.ts";

// The process that `main.ts` starts, and starts again when it dies.

const log = createLog("server");

async function main(): Promise<void> {
  const args = parseArguments(process.argv.slice(2));
  if (args === "help") return;
  const server = await serve(args, log);
  onStopRequest(() => server.close());
  const { opampPort, webPort } = server;
  process.send?.({ opampPort, webPort } satisfies ServerReady);
}

main().catch((thrown: unknown) => {
  log(describeThrown(thrown));
  process.exit(1);
});

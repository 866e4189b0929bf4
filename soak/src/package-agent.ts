// An agent that takes packages into the directory it is told, and prints where their content is. It
// ends when its standard input does.

import { once } from "node:events";
import { createAgent } from "@opamp/agent";

const [serverUrl = "", stateDirectory = ""] = process.argv.slice(2);

await using agent = await createAgent({
  serverUrl,
  stateDirectory,
  description: { serviceName: "soak" },
  packages: {
    retry: { delayMs: () => 0 },
    install: ({ path }) => console.log(path),
  },
});
await agent.start();
await once(process.stdin.resume(), "end");

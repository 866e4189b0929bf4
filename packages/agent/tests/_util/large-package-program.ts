// An agent that takes one signed package, and tells how much memory that took:
// node large-package-program SERVER DIRECTORY PUBLIC-KEY

import { createAgent } from "../../src/index.ts";

const [serverUrl = "", stateDirectory = "", publicKey = ""] = process.argv.slice(2);
let maxRssBytes = 0;
const agent = await createAgent({
  serverUrl,
  stateDirectory,
  description: { serviceName: "edge" },
  packages: {
    trust: [publicKey],
    retry: { delayMs: () => 0 },
    async install({ path }) {
      clearInterval(timer);
      process.send?.({ path, extraBytes: maxRssBytes - beforeBytes });
    },
  },
});
await agent.start();
process.on("disconnect", () => process.exit(0));
const beforeBytes = process.memoryUsage.rss();
const timer = setInterval(() => {
  maxRssBytes = Math.max(maxRssBytes, process.memoryUsage.rss());
}, 10);

import { createOpAMPClient } from "@opamp/client";

const client = createOpAMPClient({
  serverUrl: process.argv[2] ?? "",
  agentDescription: { identifyingAttributes: { "service.name": "bench" } },
});
await client.start();

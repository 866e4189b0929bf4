import { createOpAMPClient } from "@elastic/opamp-client-node";

const client = createOpAMPClient({ endpoint: process.argv[2] ?? "" });
client.setAgentDescription({ identifyingAttributes: { "service.name": "bench" } });
client.start();
// Its timers do not keep a process alive.
setInterval(() => {}, 1000);

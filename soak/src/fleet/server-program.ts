// A server with a tracker, in a process of its own that may be killed at any time.

import { createAgentTracker, createOpAMPServer, createRemoteConfigOffer } from "@opamp/server";
import { configText } from "./config-text.ts";
import { FileStore } from "./file-store.ts";
import type { ServerCommand, ServerProcessOptions, ServerReport } from "./server-messages.ts";

const options: ServerProcessOptions = JSON.parse(process.argv[2] ?? "");
const store = options.storeFile === undefined ? undefined : new FileStore(options.storeFile);
let { revision } = options;
let fullStateRequests = 0;
let uidsAssigned = 0;

const tracker = createAgentTracker({
  ...(store && { store }),
  desired: ({ uid }) => ({
    remoteConfig: createRemoteConfigOffer({ "edge.yaml": configText(uid, revision) }),
  }),
  onEvent({ type }) {
    if (type === "full-state-requested") fullStateRequests += 1;
    if (type === "uid-assigned") uidsAssigned += 1;
  },
});
const server = createOpAMPServer({
  callbacks: tracker.callbacks,
  capabilities: tracker.capabilities,
  compression: false,
  overload: {
    maxConnections: 10_000,
    handshakes: { perSecond: 1000 },
    messages: { perSecond: 20_000 },
    messagesPerAgent: { perSecond: 10, burst: 50 },
    retryAfter: { minMs: 1000, maxMs: 3000 },
  },
});

process.on("message", (command: ServerCommand) => void obey(command));
const { port } = await server.listen({ port: options.port, host: "127.0.0.1" });
report({ kind: "listening", port });

async function obey(command: ServerCommand): Promise<void> {
  switch (command.kind) {
    case "dump":
      return report({
        kind: "dump",
        dump: { agents: tracker.agents(), fullStateRequests, uidsAssigned },
      });
    case "revise":
      revision = command.revision;
      return tracker.refreshAll();
    case "close":
      await server.close({ drainMs: command.drainMs, deadlineMs: 3000 });
      await tracker.close();
      store?.close();
      process.disconnect();
  }
}

function report(message: ServerReport): void {
  process.send?.(message);
}

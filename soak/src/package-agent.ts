// An agent that takes packages, writes their content to the directory it is told and prints the path.
// It ends when its standard input does.

import { once } from "node:events";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { createOpAMPClient, type PackagesStateProvider } from "@opamp/client";

const [serverUrl = "", directory = ""] = process.argv.slice(2);

/** Remembers nothing but the content. */
const packagesStateProvider: PackagesStateProvider = {
  holdsOneChunk: true,
  allPackagesHash: async () => undefined,
  setAllPackagesHash: async () => undefined,
  packages: async () => [],
  packageState: async () => ({ exists: false }),
  setPackageState: async () => undefined,
  createPackage: async () => undefined,
  fileContentHash: async () => undefined,
  async updateContent(data) {
    const path = join(directory, "content");
    await using file = await open(path, "w");
    for await (const chunk of data) await file.write(chunk);
    console.log(path);
  },
  deletePackage: async () => undefined,
  lastReportedStatuses: async () => undefined,
  setLastReportedStatuses: async () => undefined,
};

await using client = createOpAMPClient({
  serverUrl,
  agentDescription: { identifyingAttributes: { "service.name": "soak" } },
  capabilities: ["AcceptsPackages", "ReportsPackageStatuses"],
  packagesStateProvider,
  packages: { retry: { delayMs: () => 0 } },
  callbacks: {
    async onMessage({ packageSyncer }) {
      await packageSyncer?.sync();
    },
  },
});
await client.start();
await once(process.stdin.resume(), "end");

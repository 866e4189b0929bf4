// Downloads one package without keeping it, and tells how much memory that took.

import { createHash } from "node:crypto";
import { createMemoryPackages, type MemoryPackages } from "../_util/memory-packages.ts";
import { createScriptedClient } from "../_util/scripted-client.ts";

const [downloadUrl = "", contentHash = ""] = process.argv.slice(2);
const hash = createHash("sha256");
let bytes = 0;
let maxRssBytes = 0;

const packages: MemoryPackages = Object.assign(
  Object.create(createMemoryPackages()) as MemoryPackages,
  {
    holdsOneChunk: true,
    async updateContent(data: AsyncIterable<Uint8Array>) {
      for await (const chunk of data) {
        hash.update(chunk);
        bytes += chunk.length;
        maxRssBytes = Math.max(maxRssBytes, process.memoryUsage.rss());
      }
    },
  },
);

const done = Promise.withResolvers<string>();
await using agent = createScriptedClient({
  capabilities: ["AcceptsPackages"],
  packagesStateProvider: packages,
  packages: { retry: { delayMs: () => 0 } },
  callbacks: {
    async onMessage({ packageSyncer }) {
      done.resolve((await packageSyncer?.sync())?.result ?? "none");
    },
  },
});
await agent.client.start();
await agent.clock.settle();
const beforeBytes = process.memoryUsage.rss();
const file = { downloadUrl, contentHash: Buffer.from(contentHash, "hex") };
const packagesAvailable = {
  packages: { a: { hash: Uint8Array.of(1), file } },
  allPackagesHash: Uint8Array.of(1),
};
await agent.push({ packagesAvailable });
const result = await done.promise;
const extraBytes = maxRssBytes - beforeBytes;
process.stdout.write(JSON.stringify({ result, bytes, extraBytes, sha256: hash.digest("hex") }));

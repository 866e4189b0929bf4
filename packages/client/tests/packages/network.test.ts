import { encodeServerToAgent } from "@opamp/protocol";
import {
  type CertificateAuthority,
  createCertificateAuthority,
  startConnectProxy,
} from "@opamp/test-kit";
import { beforeAll, describe, expect, it } from "vitest";
import type { ConnectionSettings, PackagesSyncOutcome } from "../../src/index.ts";
import { startFileServer } from "../_util/file-server.ts";
import { createMemoryPackages } from "../_util/memory-packages.ts";
import { bytesOf, offerOf } from "../_util/package-agent.ts";
import { NEW, startSwitchingClient } from "../_util/switching-client.ts";

const content = bytesOf(100_000);

let authority: CertificateAuthority;
beforeAll(async () => {
  authority = await createCertificateAuthority("Fleet CA");
});

/** Switches to other settings, is offered a package there, and gives back what became of it. */
async function downloadAfter(
  change: ConnectionSettings,
  url: string,
): Promise<PackagesSyncOutcome | undefined> {
  const outcome = Promise.withResolvers<PackagesSyncOutcome | undefined>();
  await using switching = await startSwitchingClient({
    capabilities: ["AcceptsPackages", "ReportsPackageStatuses"],
    packagesStateProvider: createMemoryPackages(),
    packages: { maxAttempts: 1 },
    callbacks: {
      onMessage: ({ packageSyncer }) => {
        if (packageSyncer !== undefined) outcome.resolve(packageSyncer.sync());
      },
    },
  });
  const serverUrl = String(change.serverUrl ?? NEW);
  const switched = switching.client.switchConnection({ ...change, serverUrl });
  await switching.clock.settle();
  expect(await switched).toEqual({ kind: "switched" });
  const { server, messages } = switching.at(serverUrl);
  const packages = { a: offerOf(url, content) };
  server.sessions.at(-1)?.send(
    encodeServerToAgent({
      instanceUid: messages[0]?.instanceUid ?? new Uint8Array(16),
      packagesAvailable: { packages, allPackagesHash: Uint8Array.of(1) },
    }),
  );
  return await outcome.promise;
}

describe("after a switch of the connection a download", () => {
  it("goes through the new proxy [L-05]", async () => {
    await using files = await startFileServer();
    await using proxy = await startConnectProxy();
    const outcome = await downloadAfter({ proxy: { url: proxy.url } }, files.put("/a", content));
    expect(outcome?.result).toBe("synced");
    expect(proxy.requests.map(({ target }) => target)).toEqual([new URL(files.url).host]);
  });

  it("trusts the new certificate authority", async () => {
    await using files = await startFileServer(await authority.issueServer());
    const outcome = await downloadAfter({ tls: { ca: authority.cert } }, files.put("/a", content));
    expect(outcome?.result).toBe("synced");
  });

  it("stays encrypted when the new server is spoken to over TLS", async () => {
    await using files = await startFileServer();
    const url = files.put("/a", content);
    const outcome = await downloadAfter({ serverUrl: "wss://new.example.com" }, url);
    expect(outcome?.statuses.packages.a?.errorMessage).toContain("not encrypted");
    expect(files.requests).toEqual([]);
  });
});

import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type PackageAvailableInit, type PackageStatus, PackageStatusEnum } from "@opamp/protocol";
import { expect } from "vitest";
import { base64, type MessageJson } from "../json.ts";
import { type FromAgent, type Match, type Pair, startPair } from "../pair.ts";
import type { Scenario } from "../scenario.ts";
import { isDescribed } from "./status.ts";

const { Installed, InstallFailed } = PackageStatusEnum;
const NAME = "probes";

export const packageScenarios: readonly Scenario[] = [
  {
    title: "an agent installs a package it is offered, and the next version of it",
    needs: ["packages"],
    async run(match) {
      await using set = await startPackagePair(match);

      for (const version of ["1.0.0", "1.1.0"]) {
        set.offer(version, contentHash(set.contentOf(version)));

        const status = await set.packageStatus(version, Installed);

        expect(status).toMatchObject({
          agentHasVersion: version,
          agentHasHash: base64(hashOf(version)),
          serverOfferedVersion: version,
        });
      }
    },
  },
  {
    title:
      "an agent refuses a package whose content is not what was offered, and keeps the one it has",
    needs: ["packages"],
    async run(match) {
      await using set = await startPackagePair(match);
      set.offer("1.0.0", contentHash(set.contentOf("1.0.0")));
      await set.packageStatus("1.0.0", Installed);

      set.offer("1.1.0", contentHash("something else"));

      const status = await set.packageStatus("1.1.0", InstallFailed);
      expect(status).toMatchObject({ agentHasVersion: "1.0.0" });
      expect(status.errorMessage).not.toBe("");
    },
  },
];

/** A client and a server, and a place from which packages are downloaded. */
interface PackagePair extends AsyncDisposable {
  contentOf(version: string): string;
  /** Offers a version by the hash of its content. */
  offer(version: string, content: Uint8Array): void;
  /** What the agent reports of the package when it was offered that version. */
  packageStatus(version: string, status: number): Promise<MessageJson<PackageStatus>>;
}

async function startPackagePair(match: Match): Promise<PackagePair> {
  await using cleanup = new AsyncDisposableStack();
  const files = createServer((request, response) => response.end(contentOf(request.url ?? "")));
  await new Promise<void>((resolve) => files.listen(0, "127.0.0.1", resolve));
  cleanup.defer(() => files.close().closeAllConnections());
  const { port } = files.address() as AddressInfo;
  const pair = cleanup.use(await startPair(match));
  await pair.serverGot("the description", isDescribed);

  const owned = cleanup.move();
  return {
    contentOf: (version) => contentOf(`/${version}`),
    offer(version, content) {
      const available: PackageAvailableInit = {
        version,
        hash: hashOf(version),
        file: { downloadUrl: `http://127.0.0.1:${port}/${version}`, contentHash: content },
      };
      const packages = { [NAME]: available };
      const allPackagesHash = hashOf(`all ${version}`);
      pair.server.send({
        instanceUid: pair.instanceUid,
        packagesAvailable: { packages, allPackagesHash },
      });
    },
    packageStatus: (version, status) => packageStatus(pair, version, status),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function packageStatus(
  pair: Pair,
  version: string,
  status: number,
): Promise<MessageJson<PackageStatus>> {
  const ofPackage = ({ packageStatuses }: FromAgent) => packageStatuses?.packages?.[NAME];
  const message = await pair.serverGot(`package ${version} with status ${status}`, (message) => {
    const said = ofPackage(message);
    return said?.serverOfferedVersion === version && (said.status ?? 0) === status;
  });
  return ofPackage(message) ?? {};
}

function contentOf(path: string): string {
  return `the content of ${path}`;
}

function hashOf(text: string): Uint8Array {
  return new TextEncoder().encode(`hash of ${text}`);
}

function contentHash(content: string): Uint8Array {
  return createHash("sha256").update(content).digest();
}

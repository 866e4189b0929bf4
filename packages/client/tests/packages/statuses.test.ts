import { PackageStatusEnum } from "@opamp/protocol";
import { eventually } from "@opamp/test-kit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type FileRequest, type FileServer, startFileServer } from "../_util/file-server.ts";
import { createMemoryPackages } from "../_util/memory-packages.ts";
import { bytesOf, offerOf, startPackageAgent } from "../_util/package-agent.ts";
import { declares } from "../_util/scripted-client.ts";

const { Installed, InstallPending, Installing, InstallFailed, Downloading } = PackageStatusEnum;
const hashA = Uint8Array.of(1);
const hashB = Uint8Array.of(2);
const empty = new Uint8Array(0);

let files: FileServer;
beforeEach(async () => {
  files = await startFileServer();
});
afterEach(() => files[Symbol.asyncDispose]());

describe.each([false, true])("package statuses, polling: %s", (pollsForMessages) => {
  it("go from pending over downloading and installing to installed, and list every package each time [C-182 C-183 C-184 C-185 C-186 C-189 C-190 C-192 C-193 C-194 C-196 C-197]", async () => {
    const packages = createMemoryPackages();
    packages.addLocal("mine", bytesOf(10), { installedBy: "local" });
    const released = Promise.withResolvers<void>();
    const downloads = { maxConcurrentDownloads: 1 };
    await using agent = await startPackageAgent({
      pollsForMessages,
      packagesStateProvider: packages,
      packages: downloads,
    });
    packages.onCall = async (method, name) => {
      await agent.scripted.clock.settle();
      if (method === "setPackageState" && name === "b") await released.promise;
    };
    const [a, b] = [bytesOf(1000, 1), bytesOf(1000, 2)];
    const offers = { a: offerOf(files.put("/a", a), a), b: offerOf(files.put("/b", b), b) };
    await agent.offerOnly({ packages: offers, allPackagesHash: hashA });
    await eventually(() => expect(agent.reports().at(-1)?.packages.b?.status).toBe(Installing));
    released.resolve();
    await agent.syncs[0];
    await agent.scripted.clock.settle();
    const seen = (name: string): readonly (number | undefined)[] =>
      agent
        .reports()
        .map((report) => report.packages[name]?.status)
        .filter((status, i, all) => status !== all[i - 1]);
    expect(seen("a")).toEqual([InstallPending, Downloading, Installing, Installed]);
    expect(seen("b")).toEqual([InstallPending, Downloading, Installing, Installed]);
    for (const report of agent.reports()) {
      expect(Object.keys(report.packages).sort()).toEqual(["a", "b", "mine"]);
      expect(report.serverProvidedAllPackagesHash).toEqual(hashA);
      for (const [name, status] of Object.entries(report.packages)) {
        const isThere = status.status === Installed;
        expect(status.name).toBe(name);
        expect(status.errorMessage).toBe("");
        expect(status.agentHasHash.length > 0).toBe(isThere);
        expect(status.agentHasVersion !== "").toBe(isThere);
        expect(status.serverOfferedHash.length > 0).toBe(name !== "mine");
        expect(status.serverOfferedVersion !== "").toBe(name !== "mine");
      }
    }
  });

  it("keep the old version beside the offered one when an upgrade fails, and say why [C-182 C-187 C-191 S-115]", async () => {
    await using agent = await startPackageAgent({ pollsForMessages });
    const content = bytesOf(1000);
    const old = offerOf(files.put("/a", content), content);
    await agent.offer({ packages: { a: old }, allPackagesHash: hashA });
    const next = offerOf(`${files.url}/missing`, bytesOf(5), { version: "2.0" });
    const { result } = await agent.offer({ packages: { a: next }, allPackagesHash: hashB });
    expect(result).toBe("failed");
    expect(agent.reports().at(-1)).toMatchObject({
      serverProvidedAllPackagesHash: hashB,
      errorMessage: "",
      packages: {
        a: {
          status: InstallFailed,
          agentHasVersion: "1.0",
          agentHasHash: old.hash,
          serverOfferedVersion: "2.0",
          serverOfferedHash: next.hash,
          errorMessage: expect.stringContaining("404"),
        },
      },
    });
    expect(agent.packages.stored.get("a")?.content).toEqual(content);
    expect(agent.packages.allHash).toEqual(empty);
  });

  it("say nothing is there after a first install that failed [C-185]", async () => {
    await using agent = await startPackageAgent({ pollsForMessages });
    const a = offerOf(`${files.url}/missing`, bytesOf(5));
    await agent.offer({ packages: { a }, allPackagesHash: hashA });
    const status = agent.reports().at(-1)?.packages.a;
    expect(status).toMatchObject({ agentHasVersion: "", agentHasHash: empty });
    expect(status?.status).toBe(InstallFailed);
  });

  it("stay failed until an offer comes: what failed is not downloaded again in a loop [C-177]", async () => {
    await using agent = await startPackageAgent({ pollsForMessages });
    const a = offerOf(`${files.url}/missing`, bytesOf(5), { version: "2.0" });
    await agent.offer({ packages: { a }, allPackagesHash: hashA });
    const requests = files.requests.length;
    const HOUR_MS = 3_600_000;
    await agent.scripted.clock.advance(HOUR_MS);
    expect(files.requests).toHaveLength(requests);
    expect(agent.reports().at(-1)?.packages.a?.status).toBe(InstallFailed);
  });

  it("lose an old error with the next state [C-188 C-190 C-192 L-25]", async () => {
    await using agent = await startPackageAgent({ pollsForMessages });
    const content = bytesOf(1000);
    const a = offerOf(`${files.url}/late`, content);
    await agent.offer({ packages: { a }, allPackagesHash: hashA });
    const failedAt = agent.reports().length;
    files.put("/late", content);
    const { result } = await agent.offer({ packages: { a }, allPackagesHash: hashA });
    expect(result).toBe("synced");
    const later = agent.reports().slice(failedAt);
    expect(later.length).toBeGreaterThan(1);
    expect(later.map(({ packages }) => packages.a?.errorMessage).join("")).toBe("");
    expect(later.at(-1)?.packages.a?.status).toBe(Installed);
  });

  it("tell of progress at an interval, with details only while downloading [C-195 C-200 W-48 L-25]", async () => {
    const packages = { progressIntervalMs: 2000 };
    await using agent = await startPackageAgent({ pollsForMessages, packages });
    const content = bytesOf(100_000);
    let request: FileRequest | undefined;
    files.script = (asked) => {
      request = asked;
      asked.response.writeHead(200, { "content-length": content.length });
      asked.response.write(content.subarray(0, 25_000));
    };
    const a = offerOf(files.put("/a", content), content);
    await agent.offerOnly({ packages: { a }, allPackagesHash: hashA });
    await eventually(async () => {
      await agent.scripted.clock.advance(2000);
      expect(agent.reports().at(-1)?.packages.a?.downloadDetails?.downloadPercent).toBe(25);
    });
    const speeds = agent.reports().map((r) => r.packages.a?.downloadDetails);
    expect(speeds.some((d) => d?.downloadBytesPerSecond === 12_500)).toBe(true);
    request?.response.end(content.subarray(25_000));
    expect((await agent.syncs[0])?.result).toBe("synced");
    await agent.scripted.clock.settle();
    for (const { packages: statuses } of agent.reports()) {
      const isDownloading = statuses.a?.status === Downloading;
      expect(statuses.a?.downloadDetails !== undefined).toBe(isDownloading);
    }
    expect(agent.reports().at(-1)?.packages.a?.status).toBe(Installed);
    const said = await agent.scripted.during(() => agent.scripted.clock.advance(10_000));
    expect(said.filter(({ packageStatuses }) => packageStatuses)).toEqual([]);
  });

  it("have an error of their own for an offer that is no use at all, until the next good one [C-198 L-01]", async () => {
    await using agent = await startPackageAgent({ pollsForMessages });
    const content = bytesOf(1000);
    const a = offerOf(files.put("/a", content), content);
    await agent.offer({ packages: { a }, allPackagesHash: hashA });
    const { result } = await agent.offer({ packages: {} });
    expect(result).toBe("failed");
    expect(agent.reports().at(-1)).toMatchObject({
      errorMessage: expect.stringContaining("all_packages_hash"),
      serverProvidedAllPackagesHash: hashA,
      packages: { a: { status: Installed, errorMessage: "" } },
    });
    expect(agent.packages.stored.has("a")).toBe(true);
    await agent.offer({ packages: { a }, allPackagesHash: hashA });
    expect(agent.reports().at(-1)?.errorMessage).toBe("");
  });

  it("are not reported without ReportsPackageStatuses, though packages are installed [C-199 L-23]", async () => {
    const capabilities = ["AcceptsPackages"] as const;
    await using agent = await startPackageAgent({ pollsForMessages, capabilities });
    const content = bytesOf(1000);
    const a = offerOf(files.put("/a", content), content);
    const { result, statuses } = await agent.offer({ packages: { a }, allPackagesHash: hashA });
    expect(result).toBe("synced");
    expect(statuses.packages.a?.status).toBe(Installed);
    expect(agent.reports()).toEqual([]);
    const [first] = agent.scripted.messages;
    expect(first !== undefined && declares(first, "AcceptsPackages")).toBe(true);
  });

  it("are reported, but nothing is handed over, without AcceptsPackages [C-199]", async () => {
    const packages = createMemoryPackages();
    packages.lastStatuses = {
      packages: { a: { name: "a", status: Installed, agentHasVersion: "3" } },
    };
    const heard: unknown[] = [];
    await using agent = await startPackageAgent({
      pollsForMessages,
      packagesStateProvider: packages,
      capabilities: ["ReportsPackageStatuses"],
      callbacks: { onMessage: (message) => void heard.push(message) },
    });
    await agent.scripted.tell({ packagesAvailable: { packages: {}, allPackagesHash: hashA } });
    expect(heard).toEqual([]);
    expect(agent.reports()[0]?.packages.a?.agentHasVersion).toBe("3");
  });

  it("are reported again when the server asks for everything [C-57 C-193]", async () => {
    await using agent = await startPackageAgent({ pollsForMessages });
    const content = bytesOf(1000);
    const a = offerOf(files.put("/a", content), content);
    await agent.offer({ packages: { a }, allPackagesHash: hashA });
    const last = agent.reports().at(-1);
    const [quiet] = await agent.scripted.during(() => agent.scripted.clock.advance(30_000));
    expect(quiet?.packageStatuses).toBeUndefined();
    const said = await agent.scripted.tell({ flags: 1n });
    expect(said.find(({ packageStatuses }) => packageStatuses)?.packageStatuses).toEqual(last);
  });
});

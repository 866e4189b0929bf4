import { PackageStatusEnum, PackageType } from "@opamp/protocol";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type FileServer, startFileServer } from "../_util/file-server.ts";
import { createMemoryPackages } from "../_util/memory-packages.ts";
import { bytesOf, offerOf, startPackageAgent } from "../_util/package-agent.ts";

const hashA = Uint8Array.of(1);
const hashB = Uint8Array.of(2);

let files: FileServer;
beforeEach(async () => {
  files = await startFileServer();
});
afterEach(() => files[Symbol.asyncDispose]());

describe.each([false, true])("packages, polling: %s", (pollsForMessages) => {
  it("are downloaded and installed when they are unknown [C-168 C-170 C-173 C-175 C-176 C-178 W-46 W-47]", async () => {
    await using agent = await startPackageAgent({ pollsForMessages });
    const content = bytesOf(200_000);
    const headers = { headers: [{ key: "X-Token", value: "secret" }] };
    const offered = offerOf(files.put("/a.tar.gz", content), content, {
      file: { headers },
      type: PackageType.Addon,
    });
    const outcome = await agent.offer({ packages: { a: offered }, allPackagesHash: hashA });
    expect(outcome.result).toBe("synced");
    expect(files.requests).toHaveLength(1);
    expect(files.requests[0]).toMatchObject({ method: "GET", headers: { "x-token": "secret" } });
    expect(agent.packages.stored.get("a")?.content).toEqual(content);
    expect(agent.packages.stored.get("a")?.state).toMatchObject({
      exists: true,
      type: PackageType.Addon,
      version: "1.0",
      hash: offered.hash,
      installedBy: "server",
    });
    expect(agent.packages.allHash).toEqual(hashA);
    expect(agent.packages.contexts[0]?.downloadUrl).toBe(`${files.url}/a.tar.gz`);
  });

  it("are left alone when the hash of all is equal [C-169]", async () => {
    await using agent = await startPackageAgent({ pollsForMessages });
    const content = bytesOf(1000);
    const offer = {
      packages: { a: offerOf(files.put("/a", content), content) },
      allPackagesHash: hashA,
    };
    await agent.offer(offer);
    const calls = agent.packages.calls.length;
    const outcome = await agent.offer(offer);
    expect(outcome.result).toBe("unchanged");
    expect(files.requests).toHaveLength(1);
    expect(agent.packages.calls.slice(calls).join()).not.toMatch(
      /set(All|PackageState)|update|delete/,
    );
  });

  it("are left alone when their own hash is equal, and compared as opaque bytes [C-171 C-179]", async () => {
    await using agent = await startPackageAgent({ pollsForMessages });
    const [a, b] = [bytesOf(1000, 1), bytesOf(1000, 2)];
    const hash = Uint8Array.of(0xff, 0, 0x80);
    const packages = { a: offerOf(files.put("/a", a), a, { hash }) };
    await agent.offer({ packages, allPackagesHash: hashA });
    const more = { ...packages, b: offerOf(files.put("/b", b), b) };
    await agent.offer({ packages: more, allPackagesHash: hashB });
    expect(files.requests.map(({ url }) => url)).toEqual(["/a", "/b"]);
  });

  it("are not downloaded again when only their hash is new [C-174]", async () => {
    await using agent = await startPackageAgent({ pollsForMessages });
    const content = bytesOf(1000);
    const url = files.put("/a", content);
    await agent.offer({ packages: { a: offerOf(url, content) }, allPackagesHash: hashA });
    const renewed = offerOf(url, content, { hash: hashB, version: "1.1" });
    const { statuses } = await agent.offer({ packages: { a: renewed }, allPackagesHash: hashB });
    expect(files.requests).toHaveLength(1);
    expect(agent.packages.stored.get("a")?.state).toMatchObject({ hash: hashB, version: "1.1" });
    expect(statuses.packages.a).toMatchObject({ agentHasHash: hashB, agentHasVersion: "1.1" });
  });

  it("are replaced by what is offered under their name [C-168 C-173]", async () => {
    await using agent = await startPackageAgent({ pollsForMessages });
    const [one, two] = [bytesOf(1000, 1), bytesOf(1000, 2)];
    const first = offerOf(files.put("/1", one), one);
    await agent.offer({ packages: { "": first }, allPackagesHash: hashA });
    const second = offerOf(files.put("/2", two), two, { version: "2.0" });
    await agent.offer({ packages: { "": second }, allPackagesHash: hashB });
    expect([...agent.packages.stored.keys()]).toEqual([""]);
    expect(agent.packages.stored.get("")?.content).toEqual(two);
  });

  it("make room for one of another type [C-168 L-25]", async () => {
    await using agent = await startPackageAgent({ pollsForMessages });
    const [one, two] = [bytesOf(1000, 1), bytesOf(1000, 2)];
    const first = offerOf(files.put("/1", one), one, { type: PackageType.Addon });
    await agent.offer({ packages: { a: first }, allPackagesHash: hashA });
    const second = offerOf(files.put("/2", two), two, { type: PackageType.TopLevel });
    const { result } = await agent.offer({ packages: { a: second }, allPackagesHash: hashB });
    expect(result).toBe("synced");
    expect(agent.packages.stored.get("a")?.state.type).toBe(PackageType.TopLevel);
    expect(agent.packages.calls).toContain("deletePackage a");
  });

  it("are deleted when a server installed them and no longer offers them [C-172 A-12]", async () => {
    const packages = createMemoryPackages();
    packages.addLocal("mine", bytesOf(10), { installedBy: "local" });
    packages.addLocal("unmarked", bytesOf(10));
    await using agent = await startPackageAgent({
      pollsForMessages,
      packagesStateProvider: packages,
    });
    const content = bytesOf(1000);
    const a = offerOf(files.put("/a", content), content);
    await agent.offer({ packages: { a, b: a }, allPackagesHash: hashA });
    const { statuses, result } = await agent.offer({ packages: { b: a }, allPackagesHash: hashB });
    expect(result).toBe("synced");
    expect([...packages.stored.keys()].sort()).toEqual(["b", "mine", "unmarked"]);
    expect(Object.keys(statuses.packages).sort()).toEqual(["b", "mine", "unmarked"]);
    expect(agent.reports().at(-1)?.packages).not.toHaveProperty("a");
  });

  it("that cannot be deleted are failed by name, and tried again [C-191 L-12]", async () => {
    await using agent = await startPackageAgent({ pollsForMessages });
    const content = bytesOf(1000);
    const a = offerOf(files.put("/a", content), content);
    await agent.offer({ packages: { a }, allPackagesHash: hashA });
    agent.packages.onCall = (method) => {
      if (method === "deletePackage") throw new Error("in use");
    };
    const { result, statuses } = await agent.offer({ packages: {}, allPackagesHash: hashB });
    expect(result).toBe("failed");
    expect(statuses.packages.a).toMatchObject({
      status: PackageStatusEnum.InstallFailed,
      errorMessage: expect.stringContaining("in use"),
      serverOfferedHash: a.hash,
      agentHasHash: a.hash,
    });
    agent.packages.onCall = () => undefined;
    const again = await agent.offer({ packages: {}, allPackagesHash: hashB });
    expect(again.result).toBe("synced");
    expect(agent.packages.stored.size).toBe(0);
  });

  it("are downloaded several at once, and no more than the limit", async () => {
    const packages = { maxConcurrentDownloads: 2 };
    await using agent = await startPackageAgent({ pollsForMessages, packages });
    const held: (() => void)[] = [];
    let most = 0;
    files.script = (request) => {
      held.push(() => files.serve(request));
      most = Math.max(most, held.length);
      if (held.length === 2) for (const answer of held.splice(0)) answer();
    };
    const names = ["a", "b", "c", "d", "e", "f"];
    const offers = names.map((name, seed) => {
      const content = bytesOf(500, seed);
      return [name, offerOf(files.put(`/${name}`, content), content)];
    });
    const { result } = await agent.offer({
      packages: Object.fromEntries(offers),
      allPackagesHash: hashA,
    });
    expect(result).toBe("synced");
    expect(most).toBe(2);
  });
});

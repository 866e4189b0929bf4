import { PackageStatusEnum, type PackageStatuses } from "@opamp/protocol";
import { eventually } from "@opamp/test-kit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { PackagesSyncOutcome } from "../../src/index.ts";
import { type FileRequest, type FileServer, startFileServer } from "../_util/file-server.ts";
import { createMemoryPackages, type MemoryPackages } from "../_util/memory-packages.ts";
import { bytesOf, offerOf, startPackageAgent } from "../_util/package-agent.ts";
import { createScriptedClient } from "../_util/scripted-client.ts";

const { Installed, InstallPending, InstallFailed, Downloading } = PackageStatusEnum;
const hashA = Uint8Array.of(1);
const hashB = Uint8Array.of(2);
const content = bytesOf(300_000);

let files: FileServer;
let held: FileRequest[];
beforeEach(async () => {
  files = await startFileServer();
  held = [];
});
afterEach(() => files[Symbol.asyncDispose]());

/** Sends the first half of a file, and the rest when told to. */
function holdHalf(): void {
  files.script = (asked) => {
    if (asked.earlier > 0) return files.serve(asked);
    held.push(asked);
    asked.response.writeHead(200, { "content-length": asked.content.length, etag: '"x"' });
    return asked.response.write(asked.content.subarray(0, asked.content.length / 2));
  };
}

async function untilHeld(): Promise<FileRequest> {
  return eventually(() => {
    const [first] = held;
    if (first === undefined) throw new Error("nothing is held");
    return first;
  });
}

function offerA(path = "/a") {
  return { packages: { a: offerOf(files.put(path, content), content) }, allPackagesHash: hashA };
}

describe.each([false, true])("a sync, polling: %s", (pollsForMessages) => {
  it("survives a reconnect, and the same offer coming again [L-11]", async () => {
    holdHalf();
    await using agent = await startPackageAgent({ pollsForMessages });
    await agent.offerOnly(offerA());
    const { response, content: all } = await untilHeld();
    agent.scripted.session.close();
    await agent.scripted.clock.advance(1000);
    await agent.offerOnly(offerA());
    response.end(all.subarray(all.length / 2));
    const outcomes = await Promise.all(agent.syncs);
    expect(outcomes.map(({ result }) => result)).toEqual(["synced", "synced"]);
    expect(files.requests).toHaveLength(1);
    await agent.scripted.clock.settle();
    expect(agent.reports().at(-1)?.packages.a?.status).toBe(Installed);
  });

  it("gives way to a newer offer, without holding up anything else [L-11]", async () => {
    holdHalf();
    await using agent = await startPackageAgent({ pollsForMessages });
    await agent.offerOnly(offerA());
    const { request } = await untilHeld();
    const other = bytesOf(1000, 3);
    const packages = { b: offerOf(files.put("/b", other), other) };
    files.script = undefined;
    const { result } = await agent.offer({ packages, allPackagesHash: hashB });
    expect(result).toBe("synced");
    expect((await agent.syncs[0])?.result).toBe("superseded");
    await eventually(() => expect(request.destroyed).toBe(true));
    expect(agent.reports().at(-1)).toMatchObject({ serverProvidedAllPackagesHash: hashB });
    expect(Object.keys(agent.reports().at(-1)?.packages ?? {})).toEqual(["b"]);
    expect([...agent.packages.stored.keys()]).toEqual(["b"]);
  });

  it("runs alone: the next one begins when the provider has let go [L-11 L-12]", async () => {
    await using agent = await startPackageAgent({ pollsForMessages });
    const gate = Promise.withResolvers<void>();
    agent.packages.onCall = (method, name) =>
      method === "setPackageState" && name === "a" ? gate.promise : undefined;
    await agent.offerOnly(offerA());
    await eventually(() => expect(agent.packages.calls).toContain("setPackageState a"));
    const callsBefore = agent.packages.calls.length;
    const packages = { b: offerOf(files.put("/b", content), content) };
    await agent.offerOnly({ packages, allPackagesHash: hashB });
    await agent.offerOnly({ packages, allPackagesHash: Uint8Array.of(9) });
    // Nothing waits but the newest offer.
    expect((await agent.syncs[1])?.result).toBe("superseded");
    const health = await agent.scripted.during(() =>
      agent.scripted.client.setFlags(["RequestInstanceUid"]),
    );
    expect(health).toHaveLength(1);
    expect(agent.packages.calls.slice(callsBefore)).toEqual([]);
    gate.resolve();
    const outcomes = await Promise.all(agent.syncs);
    expect(outcomes.map(({ result }) => result)).toEqual(["superseded", "superseded", "synced"]);
    expect([...agent.packages.stored.keys()]).toEqual(["b"]);
  });

  it("ends with its download when the client stops [L-11 L-21]", async () => {
    holdHalf();
    await using agent = await startPackageAgent({ pollsForMessages });
    await agent.offerOnly(offerA());
    const { request } = await untilHeld();
    await agent.scripted.stop();
    expect((await agent.syncs[0])?.result).toBe("aborted");
    await eventually(() => expect(request.destroyed).toBe(true));
    expect(agent.packages.stored.get("a")?.content).toBeUndefined();
    expect(agent.scripted.clock.pendingTimers).toBe(0);
  });

  it("does not keep the client from stopping, whatever the provider does [L-07 L-21]", async () => {
    await using agent = await startPackageAgent({ pollsForMessages });
    agent.packages.onCall = (method) =>
      method === "updateContent" ? new Promise(() => {}) : undefined;
    await agent.offerOnly(offerA());
    await eventually(() => expect(agent.packages.calls).toContain("updateContent a"));
    await agent.scripted.stop();
    expect(agent.scripted.client.status.state).toBe("stopped");
  });

  it("can be called off by the agent, which the server hears of", async () => {
    holdHalf();
    const controller = new AbortController();
    let outcome: Promise<PackagesSyncOutcome> | undefined;
    await using agent = await startPackageAgent({
      pollsForMessages,
      callbacks: {
        onMessage: ({ packageSyncer }) => {
          outcome = packageSyncer?.sync({ signal: controller.signal });
        },
      },
    });
    await agent.scripted.tell({ packagesAvailable: offerA() });
    await untilHeld();
    controller.abort();
    expect((await outcome)?.result).toBe("aborted");
    await agent.scripted.clock.settle();
    expect(agent.reports().at(-1)?.packages.a).toMatchObject({
      status: InstallFailed,
      errorMessage: expect.stringContaining("called off"),
    });
  });
});

describe("a provider that fails", () => {
  it.each([
    ["packages", true],
    ["packageState", true],
    ["allPackagesHash", true],
    ["setAllPackagesHash", true],
    ["createPackage", false],
    ["updateContent", false],
    ["setPackageState", false],
  ] as const)(
    "in %s is a failed install, which the next offer mends [L-12]",
    async (method, isGeneral) => {
      await using agent = await startPackageAgent();
      agent.packages.onCall = (called) => {
        if (called === method) throw new Error("disk full");
      };
      const { result } = await agent.offer(offerA());
      expect(result).toBe("failed");
      const report = agent.reports().at(-1);
      expect(report?.serverProvidedAllPackagesHash).toEqual(hashA);
      expect(report?.packages.a).toMatchObject({
        status: InstallFailed,
        errorMessage: expect.stringContaining("disk full"),
      });
      expect(report?.errorMessage.includes("disk full")).toBe(isGeneral);
      agent.packages.onCall = () => undefined;
      expect((await agent.offer(offerA())).result).toBe("synced");
      expect(agent.reports().at(-1)).toMatchObject({
        errorMessage: "",
        packages: { a: { status: Installed, errorMessage: "" } },
      });
      expect(agent.packages.stored.get("a")?.content).toEqual(content);
    },
  );

  it("to keep the statuses is told to the agent, and stops nothing [L-07]", async () => {
    await using agent = await startPackageAgent();
    agent.packages.onCall = (method) => {
      if (method === "setLastReportedStatuses") throw new Error("disk full");
    };
    expect((await agent.offer(offerA())).result).toBe("synced");
    expect(agent.scripted.errors[0]).toMatchObject({
      code: "callback-failed",
      message: expect.stringContaining("setLastReportedStatuses"),
    });
  });

  it("to read the data to its end has installed nothing [L-06]", async () => {
    const packages = createMemoryPackages();
    const lazy: MemoryPackages = Object.assign(Object.create(packages) as MemoryPackages, {
      updateContent: async () => {},
    });
    await using agent = await startPackageAgent({ packagesStateProvider: lazy });
    const { statuses } = await agent.offer(offerA());
    expect(statuses.packages.a?.errorMessage).toContain("did not read");
    expect(packages.stored.get("a")?.state.hash).toBeUndefined();
  });

  it("and makes light of data that broke has installed nothing [L-06]", async () => {
    const packages = createMemoryPackages();
    const careless: MemoryPackages = Object.assign(Object.create(packages) as MemoryPackages, {
      updateContent: async (...args: Parameters<MemoryPackages["updateContent"]>) =>
        packages.updateContent(...args).catch(() => undefined),
    });
    await using agent = await startPackageAgent({ packagesStateProvider: careless });
    const wrong = { a: offerOf(files.put("/a", bytesOf(10, 8)), content) };
    const { statuses } = await agent.offer({ packages: wrong, allPackagesHash: hashA });
    expect(statuses.packages.a?.errorMessage).toContain("SHA-256");
    expect(packages.stored.get("a")?.state.hash).toBeUndefined();
  });
});

describe("after a restart", () => {
  /** Runs an agent until it is in the middle of a download, and takes it away. */
  async function crash(packages: MemoryPackages): Promise<PackageStatuses | undefined> {
    holdHalf();
    await using agent = await startPackageAgent({ packagesStateProvider: packages });
    await agent.offerOnly(offerA());
    await untilHeld();
    await eventually(() => expect(agent.reports().at(-1)?.packages.a?.status).toBe(Downloading));
    return agent.reports().at(-1);
  }

  it("the first report has the statuses of the run before [C-193]", async () => {
    const packages = createMemoryPackages();
    {
      await using before = await startPackageAgent({ packagesStateProvider: packages });
      await before.offer(offerA());
    }
    await using agent = await startPackageAgent({ packagesStateProvider: packages });
    expect(agent.scripted.messages[0]?.packageStatuses).toMatchObject({
      serverProvidedAllPackagesHash: hashA,
      packages: { a: { status: Installed, agentHasVersion: "1.0" } },
    });
    expect((await agent.offer(offerA())).result).toBe("unchanged");
    expect(files.requests).toHaveLength(1);
  });

  it("a failure of the run before is still one [C-191 S-115]", async () => {
    const packages = createMemoryPackages();
    const bad = { packages: { a: offerOf(`${files.url}/x`, content) }, allPackagesHash: hashA };
    {
      await using before = await startPackageAgent({ packagesStateProvider: packages });
      await before.offer(bad);
    }
    await using agent = await startPackageAgent({ packagesStateProvider: packages });
    expect(agent.reports()[0]).toMatchObject({
      serverProvidedAllPackagesHash: hashA,
      packages: { a: { status: InstallFailed, errorMessage: expect.stringContaining("404") } },
    });
  });

  it("what was on its way waits again, and its offer is not echoed, so that it comes again [C-189]", async () => {
    const packages = createMemoryPackages();
    await crash(packages);
    await using agent = await startPackageAgent({ packagesStateProvider: packages });
    const [first] = agent.reports();
    expect(first?.serverProvidedAllPackagesHash).toEqual(new Uint8Array(0));
    expect(first?.packages.a).toMatchObject({ status: InstallPending, errorMessage: "" });
    expect((await agent.offer(offerA())).result).toBe("synced");
  });

  it("a download goes on where the provider has kept what there was", async () => {
    const packages = createMemoryPackages({ keepsPartials: true });
    await crash(packages);
    const kept = packages.partials.get("a")?.bytes.length ?? 0;
    expect(kept).toBeGreaterThan(0);
    files.script = (asked) => {
      expect(asked.request.headers["if-range"]).toBe('"x"');
      const rest = content.subarray(kept);
      const range = `bytes ${kept}-${content.length - 1}/${content.length}`;
      asked.response.writeHead(206, { "content-range": range, etag: '"x"' }).end(rest);
    };
    await using agent = await startPackageAgent({ packagesStateProvider: packages });
    expect((await agent.offer(offerA())).result).toBe("synced");
    expect(files.requests.at(-1)?.headers.range).toBe(`bytes=${kept}-`);
    expect(packages.contexts.at(-1)).toMatchObject({ startAt: kept, validator: '"x"' });
    expect(packages.stored.get("a")?.content).toEqual(content);
  });

  it.each([
    ["damaged", (bytes: Uint8Array) => bytes.map((byte) => byte ^ 1)],
    ["too long", (bytes: Uint8Array) => new Uint8Array(bytes.length + content.length)],
  ])("a kept part that is %s costs a download from the start [L-06]", async (_, spoil) => {
    const packages = createMemoryPackages({ keepsPartials: true });
    await crash(packages);
    const partial = packages.partials.get("a");
    if (partial !== undefined) partial.bytes = spoil(partial.bytes);
    files.script = undefined;
    await using agent = await startPackageAgent({ packagesStateProvider: packages });
    expect((await agent.offer(offerA())).result).toBe("synced");
    expect(packages.stored.get("a")?.content).toEqual(content);
  });

  it("a kept part that was all there was needs no byte more", async () => {
    const packages = createMemoryPackages({ keepsPartials: true });
    await crash(packages);
    const partial = packages.partials.get("a");
    if (partial !== undefined) partial.bytes = content;
    files.script = ({ response }) =>
      response.writeHead(416, { "content-range": `bytes */${content.length}` }).end();
    await using agent = await startPackageAgent({ packagesStateProvider: packages });
    expect((await agent.offer(offerA())).result).toBe("synced");
    expect(packages.stored.get("a")?.content).toEqual(content);
  });

  it("a client starts without statuses that cannot be read, or do not come [L-07]", async () => {
    for (const answer of [Promise.reject(new Error("damaged")), new Promise(() => {})]) {
      answer.catch(() => undefined);
      const packagesStateProvider = createMemoryPackages();
      packagesStateProvider.onCall = (method) =>
        method === "lastReportedStatuses" ? answer : undefined;
      const capabilities = ["ReportsPackageStatuses"] as const;
      await using agent = createScriptedClient({ packagesStateProvider, capabilities });
      const started = agent.client.start();
      await expect(agent.client.start()).rejects.toMatchObject({ code: "invalid-state" });
      await agent.clock.advance(5000);
      await started;
      await agent.clock.settle();
      expect(agent.messages[0]?.packageStatuses).toBeUndefined();
      expect(agent.errors[0]).toMatchObject({ code: "callback-failed" });
    }
  });
});

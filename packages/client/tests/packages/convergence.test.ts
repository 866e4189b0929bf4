import {
  type PackageAvailableInit,
  type PackageStatus,
  PackageStatusEnum,
  type PackageStatuses,
  type PackagesAvailableInit,
} from "@opamp/protocol";
import fc from "fast-check";
import { expect, it } from "vitest";
import type { PackageFetch } from "../../src/index.ts";
import {
  createMemoryPackages,
  type MemoryPackages,
  type StoredPackage,
  sha256,
} from "../_util/memory-packages.ts";
import { bytesOf, offerOf, startPackageAgent } from "../_util/package-agent.ts";

const names = ["", "a", "b"] as const;
const contents = [1, 2, 3].map((seed) => bytesOf(5000, seed));

/** What happens to each request in turn; a request beyond them is answered well. */
type Fate = "good" | "break" | "refuse" | "wrong";

const fates = fc.array(fc.constantFrom<Fate>("good", "break", "refuse", "wrong"), { maxLength: 6 });
const picks = fc.record({ "": choice(), a: choice(), b: choice() });
const steps = fc.array(
  fc.record({ picks, fates, next: fc.constantFrom("wait", "go on", "restart") }),
  { minLength: 1, maxLength: 6 },
);

function choice(): fc.Arbitrary<number | undefined> {
  return fc.option(fc.nat({ max: contents.length - 1 }), { nil: undefined });
}

function offerFrom(chosen: Readonly<Record<string, number | undefined>>): PackagesAvailableInit {
  const packages: Record<string, ReturnType<typeof offerOf>> = {};
  for (const name of names) {
    const index = chosen[name];
    const content = index === undefined ? undefined : contents[index];
    if (content !== undefined) packages[name] = offerOf(`http://files/${index}`, content);
  }
  return { packages, allPackagesHash: sha256(Buffer.from(JSON.stringify(chosen))) };
}

function createFetch(queue: Fate[]): PackageFetch {
  return async (url, { headers, signal }) => {
    const fate = queue.shift() ?? "good";
    const content = contents[Number(url.at(-1))] ?? new Uint8Array(0);
    const from = Number(/\d+/.exec(headers.range ?? "0")?.[0]);
    const range = `bytes ${from}-${content.length - 1}/${content.length}`;
    const head = new Headers(from > 0 ? { "content-range": range } : {});
    head.set("content-length", String(content.length - from));
    const status = fate === "refuse" ? 404 : from > 0 ? 206 : 200;
    return { status, headers: head, body: body(content.subarray(from), fate, signal) };
  };
}

async function* body(
  rest: Uint8Array,
  fate: Fate,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const half = rest.subarray(0, rest.length / 2);
  yield fate === "wrong" ? half.map((byte) => byte ^ 1) : half;
  await new Promise((resolve) => setImmediate(resolve));
  signal.throwIfAborted();
  if (fate === "break") throw new Error("broken");
  yield rest.subarray(half.length);
}

/** What the status of one package says, if that is so. */
function tell(
  offered: PackageAvailableInit,
  status: PackageStatus | undefined,
  stored: StoredPackage | undefined,
): "installed" | "failed" | "something untrue" {
  const has = Buffer.from(stored?.state.hash ?? []);
  if (!has.equals(status?.agentHasHash ?? new Uint8Array(0))) return "something untrue";
  if (status?.status === PackageStatusEnum.InstallFailed) {
    return status.errorMessage === "" ? "something untrue" : "failed";
  }
  const isThere = has.equals(offered.hash ?? new Uint8Array(0));
  const content = Buffer.from(sha256(stored?.content ?? new Uint8Array(0)));
  const isOffered = content.equals(offered.file?.contentHash ?? new Uint8Array(0));
  const isInstalled = status?.status === PackageStatusEnum.Installed;
  return isInstalled && isThere && isOffered ? "installed" : "something untrue";
}

/** Each offered package is there as offered, or failed; nothing else of the server's is there. */
function expectTruth(
  offer: PackagesAvailableInit,
  statuses: PackageStatuses | undefined,
  packages: MemoryPackages,
): void {
  expect(statuses?.serverProvidedAllPackagesHash).toEqual(offer.allPackagesHash);
  expect(Object.keys(statuses?.packages ?? {}).sort()).toEqual(
    Object.keys(offer.packages ?? {}).sort(),
  );
  const told = Object.entries(offer.packages ?? {}).map(([name, offered]) =>
    tell(offered, statuses?.packages[name], packages.stored.get(name)),
  );
  expect(told).not.toContain("something untrue");
  const failures = told.filter((one) => one === "failed").length;
  for (const name of packages.stored.keys()) expect(offer.packages).toHaveProperty([name]);
  expect(
    Buffer.from(packages.allHash ?? []).equals(offer.allPackagesHash ?? new Uint8Array(0)),
  ).toBe(failures === 0);
}

it("after any offers, breaks and restarts the packages are those of the last offer, or truly failed [C-193 L-06 L-11 L-12]", {
  timeout: 60_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.boolean(), async (all, keepsPartials) => {
      const packages = createMemoryPackages({ keepsPartials });
      const queue: Fate[] = [];
      const settings = { fetch: createFetch(queue), maxAttempts: 3 };
      const start = () =>
        startPackageAgent({ packagesStateProvider: packages, packages: settings });
      let agent = await start();
      try {
        for (const step of all) {
          queue.push(...step.fates);
          await agent.offerOnly(offerFrom(step.picks));
          if (step.next === "wait") await agent.syncs.at(-1);
          if (step.next !== "restart") continue;
          await agent.scripted.stop();
          agent = await start();
        }
        const last = offerFrom(all.at(-1)?.picks ?? {});
        const { result } = await agent.offer(last);
        expectTruth(last, agent.reports().at(-1), packages);
        queue.length = 0;
        const again = await agent.offer(last);
        expect(again.result).toBe(result === "failed" ? "synced" : "unchanged");
        expectTruth(last, agent.reports().at(-1), packages);
        expect(agent.scripted.errors).toEqual([]);
      } finally {
        await agent.scripted.stop();
      }
    }),
    { numRuns: 60 },
  );
});

import { createHash } from "node:crypto";
import { createFakeClock, eventually } from "@opamp/test-kit";
import { describe, expect, it } from "vitest";
import { temporaryDirectory } from "../../tests/_util/state-directory.ts";
import { Activities } from "../activities.ts";
import { nodeFileSystem } from "../state/file-system.ts";
import { StateFiles } from "../state/state-files.ts";
import { Installer, type InstallerOptions } from "./installer.ts";
import { PackageContents } from "./package-contents.ts";
import { PackageStore } from "./package-store.ts";

function setUp(handlers: Pick<InstallerOptions, "install" | "isHealthy">) {
  const clock = createFakeClock();
  const report = (): void => {};
  const directory = temporaryDirectory();
  const files = new StateFiles({ directory, fs: nodeFileSystem, clock, onDamage: report });
  const contents = new PackageContents(files);
  const store = new PackageStore({ files, contents, report });
  const activities = new Activities();
  const limits = { timeoutMs: 1000, healthCheckMs: 1000, maxInstallAttempts: 3 };
  const options = { ...handlers, ...limits, store, contents, clock, activities, report };
  const installer = new Installer(options);
  const install = async (version: string): Promise<void> => {
    const content = new TextEncoder().encode(version);
    const contentHash = createHash("sha256").update(content).digest();
    const { signal } = new AbortController();
    const signature = new Uint8Array(0);
    const about = { packageName: "probes", downloadUrl: "", startAt: 0, validator: undefined };
    const pieces = [content][Symbol.iterator]();
    const data = { [Symbol.asyncIterator]: () => ({ next: async () => pieces.next() }) };
    await contents.receive(data, { ...about, contentHash, signature, signal });
    const names = {
      hash: "0a",
      version,
      downloadUrl: "",
      contentHash: contentHash.toString("hex"),
    };
    await installer.install({ name: "probes", type: 0, target: names });
  };
  return { activities, clock, install, store };
}

describe("an install", () => {
  it("is one activity, which ends with what went wrong", async () => {
    const { activities, install } = setUp({ isHealthy: ({ version }) => version === "1.0" });
    const seen: unknown[] = [];
    activities.observe({
      begin(name, attributes) {
        seen.push([name, attributes["opamp.package.version"]]);
        return (error) => void seen.push(error instanceof Error ? error.message : error);
      },
    });
    await install("1.0");
    await expect(install("2.0")).rejects.toThrow("not healthy");
    expect(seen).toEqual([
      ["opamp.package.install", "1.0"],
      undefined,
      ["opamp.package.install", "2.0"],
      "the package is not healthy",
    ]);
  });

  it("is over when its time is, and its signal fires", async () => {
    let aborted = false;
    const { clock, install, store } = setUp({
      install({ version }, { signal, reason }) {
        if (version === "1.0" || reason !== "offered") return;
        signal.addEventListener("abort", () => {
          aborted = true;
        });
        return new Promise(() => {});
      },
    });
    await install("1.0");
    const failed = expect(install("2.0")).rejects.toThrow("installing took longer than 1000 ms");
    await eventually(() => expect(store.get("probes")?.work).toBeDefined());
    await clock.settle();
    await clock.advance(1000);
    await failed;
    expect(aborted).toBe(true);
    expect(store.get("probes")?.installed?.version).toBe("1.0");
  });
});

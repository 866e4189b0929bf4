import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "@opamp/test-kit";
import { describe, expect, it } from "vitest";
import { createAgent, type PackagesSettings } from "../src/index.ts";
import { serveFile } from "./_util/file-server.ts";
import { describeStatus } from "./_util/package-server.ts";
import { startPackagedAgent } from "./_util/packaged-agent.ts";
import { temporaryDirectory } from "./_util/state-directory.ts";

/** Nothing of a package whose version is 2.0 works. */
const faults: readonly (readonly [what: string, settings: PackagesSettings, reason: string])[] = [
  [
    "throws",
    {
      install({ version }) {
        if (version === "2.0") throw new Error("no such runtime");
      },
    },
    "installing failed: no such runtime",
  ],
  [
    "never ends",
    {
      install: ({ version }) => (version === "2.0" ? new Promise(() => {}) : undefined),
      timeoutMs: 50,
    },
    "installing took longer than 50 ms",
  ],
  [
    "ends in a package that is not healthy",
    { isHealthy: ({ version }) => version !== "2.0" },
    "the package is not healthy",
  ],
  [
    "ends in a health check that throws",
    {
      isHealthy({ version }) {
        if (version === "2.0") throw new Error("port 80 is closed");
        return true;
      },
    },
    "the health check failed: port 80 is closed",
  ],
  [
    "ends in a health check that never does",
    {
      isHealthy: ({ version }) => (version === "2.0" ? new Promise(() => {}) : true),
      healthCheckMs: 50,
    },
    "the health check took longer than 50 ms",
  ],
];

describe("an install", () => {
  it.each(faults)(
    "that %s brings back the version before, and says why [C-187 C-191]",
    async (_what, settings, reason) => {
      await using packaged = await startPackagedAgent({ packages: settings });
      const { agent, server, calls } = packaged;
      await packaged.offer({ probes: packaged.pack("1.0", "one") });
      const { packages } = await packaged.offer({ probes: packaged.pack("2.0", "two") });
      expect(server.known).toEqual(["probes: InstallFailed has 1.0"]);
      expect(packages.probes?.errorMessage).toBe(reason);
      expect(packages.probes?.serverOfferedVersion).toBe("2.0");
      expect(calls.slice(1)).toEqual([
        "install offered probes 2.0",
        "install rolled-back probes 1.0",
      ]);
      expect(readFileSync(agent.packages.get("probes")?.path ?? "", "utf8")).toBe("one");
      expect(readdirSync(join(packaged.stateDirectory, "packages"))).toHaveLength(1);
    },
  );

  it.each(faults)(
    "that %s leaves nothing of a first version [C-185]",
    async (_what, settings, reason) => {
      await using packaged = await startPackagedAgent({ packages: settings });
      const { agent, server, calls } = packaged;
      const { packages } = await packaged.offer({ probes: packaged.pack("2.0", "two") });
      expect(server.known).toEqual(["probes: InstallFailed"]);
      expect(packages.probes?.errorMessage).toBe(reason);
      expect(calls).toEqual(["install offered probes 2.0", "uninstall rolled-back probes 2.0"]);
      expect([...agent.packages]).toEqual([]);
      expect(readdirSync(join(packaged.stateDirectory, "packages"))).toEqual([]);
    },
  );

  it("that cannot be undone says so, too", async () => {
    await using packaged = await startPackagedAgent({
      packages: {
        install(_pkg, { reason }) {
          if (reason === "rolled-back") throw new Error("the old one is stuck");
        },
        isHealthy: ({ version }) => version === "1.0",
      },
    });
    await packaged.offer({ probes: packaged.pack("1.0", "one") });
    const { packages } = await packaged.offer({ probes: packaged.pack("2.0", "two") });
    expect(packages.probes?.errorMessage).toBe(
      "the package is not healthy; going back failed as well: installing failed: the old one is stuck",
    );
    expect(packaged.server.known).toEqual(["probes: InstallFailed has 1.0"]);
    expect(packaged.errors.map(({ message }) => message)).toEqual([
      `the package "probes": ${packages.probes?.errorMessage}`,
    ]);
  });

  it("reports each step with what the agent has and is offered [C-190 C-192 C-193 C-195 C-197]", async () => {
    // Each step waits until the server has heard of it.
    const heard = (status: string) =>
      packaged.server.until(() => packaged.server.known.includes(status));
    await using packaged = await startPackagedAgent({
      packages: {
        async install({ name, version }) {
          if (version === "2.0") await heard(`${name}: Installing has 1.0`);
        },
      },
    });
    const { server, files } = packaged;
    const other = packaged.pack("0.1", "other");
    await packaged.offer({ other, probes: packaged.pack("1.0", "one") });
    server.forget();
    files.script = (request) => {
      void heard("probes: Downloading has 1.0").then(() => serveFile(request));
    };
    const offered = packaged.pack("2.0", "two");
    await packaged.offer({ other, probes: offered });
    const steps = server.reports.map(({ packages }) => packages.probes);
    const names = new Set(steps.map((step) => step && describeStatus(step)));
    expect([...names].filter((name) => name !== "probes: InstallPending has 1.0")).toEqual([
      "probes: Downloading has 1.0",
      "probes: Installing has 1.0",
      "probes: Installed has 2.0",
    ]);
    for (const [index, step] of steps.entries()) {
      expect(step?.serverOfferedHash).toEqual(offered.hash);
      expect(step?.errorMessage).toBe("");
      expect(server.reports[index]?.packages.other?.agentHasVersion).toBe("0.1");
    }
  });

  it("that the agent's stop interrupts has not failed, and is done again at the start [L-11]", async () => {
    const begun = Promise.withResolvers<void>();
    await using packaged = await startPackagedAgent({
      packages: {
        async install({ version }, { reason, signal }) {
          if (version !== "2.0" || reason !== "offered") return;
          begun.resolve();
          await new Promise((_resolve, reject) => {
            signal.addEventListener("abort", () => reject(signal.reason));
          });
        },
      },
    });
    const { server, calls } = packaged;
    await packaged.offer({ probes: packaged.pack("1.0", "one") });
    server.want({ probes: packaged.pack("2.0", "two") });
    await begun.promise;
    await packaged.restart();
    await eventually(() => expect(server.isSettled).toBe(true));
    expect(server.known).toEqual(["probes: Installed has 2.0"]);
    expect(calls.slice(1)).toEqual([
      "install offered probes 2.0",
      "install interrupted probes 2.0",
    ]);
    const failed = server.reports.filter(({ packages }) => packages.probes?.errorMessage !== "");
    expect(failed).toEqual([]);
    // What is there already is not downloaded again.
    expect(packaged.files.requests).toHaveLength(2);
  });

  it("does not wait for ever for the agent to stop [L-07]", async () => {
    const begun = Promise.withResolvers<void>();
    await using packaged = await startPackagedAgent({
      timeouts: { stopMs: 50 },
      packages: {
        install(_pkg, { reason }) {
          begun.resolve();
          return reason === "offered" ? new Promise(() => {}) : undefined;
        },
      },
    });
    packaged.server.want({ probes: packaged.pack("1.0", "one") });
    await begun.promise;
    await packaged.restart();
    await eventually(() => expect(packaged.server.isSettled).toBe(true));
    expect(packaged.calls.at(-1)).toBe("install interrupted probes 1.0");
  });

  it.each<[string, PackagesSettings, string]>([
    ["no key", { trust: ["nonsense"] }, "packages.trust holds no public key in PEM"],
    ["no keys", { trust: [] }, "packages.trust is empty"],
    ["two ways", { trust: ["a"], verifySignature: () => true }, "expected one of them"],
    ["no time", { timeoutMs: 0 }, "packages.timeoutMs is 0"],
    ["no time to check", { healthCheckMs: Number.NaN }, "packages.healthCheckMs is NaN"],
  ])("is not to be had with %s to trust or to wait", async (_what, packages, problem) => {
    const serverUrl = "ws://127.0.0.1:9";
    const description = { serviceName: "edge" };
    const settings = { serverUrl, description, stateDirectory: temporaryDirectory(), packages };
    await expect(createAgent(settings)).rejects.toMatchObject({
      code: "invalid-argument",
      message: expect.stringContaining(problem),
    });
  });
});

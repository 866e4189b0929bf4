import { describe, expect, it } from "vitest";
import { createConfigProgram } from "./_util/config-program.ts";
import { createLoggedLines } from "./_util/logged-lines.ts";
import { startPackagedAgent } from "./_util/packaged-agent.ts";
import { startScriptedAgent } from "./_util/scripted-agent.ts";

describe("the log of an agent", () => {
  it("says which config is applied, and which is not and why, in one line each", async () => {
    const logger = createLoggedLines();
    const { remoteConfig } = createConfigProgram({
      apply({ objects }) {
        if (objects["edge.yaml"]?.text() === "wrong") throw new Error("line 1\nis wrong");
      },
    });
    await using scripted = await startScriptedAgent({ logger, remoteConfig });
    await scripted.offer("good", "one");
    await scripted.offer("wrong", "two");
    expect(logger.lines.filter((line) => line.includes("remote config"))).toEqual([
      "info the remote config 6f6e65 is applied",
      "warn the remote config 74776f failed: line 1 is wrong",
    ]);
  });

  it("says which package is installed, and which is not and why", async () => {
    const logger = createLoggedLines();
    await using packaged = await startPackagedAgent({
      logger,
      packages: {
        install({ version }) {
          if (version === "2.0") throw new Error("no room");
        },
      },
    });
    await packaged.offer({ probes: packaged.pack("1.0", "content") });
    await packaged.offer({ probes: packaged.pack("2.0", "another") });
    expect(logger.lines.filter((line) => line.includes("package"))).toEqual([
      'info the package "probes" is installed in version "1.0"',
      'warn the package "probes" failed to go to version "2.0": installing failed: no room',
    ]);
  });
});

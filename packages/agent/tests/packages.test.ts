import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { startPackagedAgent } from "./_util/packaged-agent.ts";

function contentOf(path: string | undefined): string {
  return path === undefined ? "" : readFileSync(path, "utf8");
}

describe("an agent with packages", () => {
  it("installs what is offered, and says where it is [C-170 C-185 C-186]", async () => {
    await using packaged = await startPackagedAgent();
    const { agent, server, calls } = packaged;
    await packaged.offer({ probes: packaged.pack("1.0", "one") });
    expect(server.known).toEqual(["probes: Installed has 1.0"]);
    expect(contentOf(agent.packages.get("probes")?.path)).toBe("one");
    expect(calls).toEqual(["install offered probes 1.0"]);
  });

  it("replaces a version, and keeps nothing of the old one [C-168]", async () => {
    await using packaged = await startPackagedAgent();
    const { agent, server, calls, stateDirectory } = packaged;
    await packaged.offer({ probes: packaged.pack("1.0", "one") });
    await packaged.offer({ probes: packaged.pack("2.0", "two") });
    expect(server.known).toEqual(["probes: Installed has 2.0"]);
    expect(contentOf(agent.packages.get("probes")?.path)).toBe("two");
    expect(calls.at(-1)).toBe("install offered probes 2.0");
    expect(readdirSync(join(stateDirectory, "packages"))).toHaveLength(1);
  });
});

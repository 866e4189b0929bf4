import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { PackageType } from "@opamp/protocol";
import { eventually } from "@opamp/test-kit";
import { describe, expect, it } from "vitest";
import { startPackagedAgent } from "./_util/packaged-agent.ts";
import { temporaryDirectory } from "./_util/state-directory.ts";

function contentOf(path: string | undefined): string {
  return path === undefined ? "" : readFileSync(path, "utf8");
}

describe("an agent with packages", () => {
  it("installs what is offered, and says where it is [C-170 C-173 C-185 C-186]", async () => {
    await using packaged = await startPackagedAgent();
    const { agent, server, calls } = packaged;
    const probes = packaged.pack("1.0", "one");
    const statuses = await packaged.offer({ probes: { ...probes, type: PackageType.Addon } });
    expect(server.known).toEqual(["probes: Installed has 1.0"]);
    expect(statuses.packages.probes?.agentHasHash).toEqual(probes.hash);
    expect(statuses.packages.probes?.serverOfferedHash).toEqual(probes.hash);
    expect(calls).toEqual(["install offered probes 1.0"]);
    const { path = "", ...file } = agent.packages.get("probes") ?? {};
    expect(contentOf(path)).toBe("one");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(file).toEqual({
      name: "probes",
      version: "1.0",
      type: PackageType.Addon,
      hash: probes.hash,
      contentHash: new Uint8Array(probes.file?.contentHash ?? []),
      downloadUrl: probes.file?.downloadUrl,
    });
  });

  it("keeps packages without any handler [C-178]", async () => {
    await using packaged = await startPackagedAgent({}, (settings) => settings);
    await packaged.offer({ probes: packaged.pack("1.0", "one") });
    expect(contentOf(packaged.agent.packages.get("probes")?.path)).toBe("one");
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

  it("takes another version of the same content without a download or an install [C-174]", async () => {
    await using packaged = await startPackagedAgent();
    const probes = packaged.pack("1.0", "one");
    await packaged.offer({ probes });
    await packaged.offer({ probes: { ...probes, version: "1.1", hash: Uint8Array.of(7) } });
    expect(packaged.server.known).toEqual(["probes: Installed has 1.1"]);
    expect(packaged.files.requests).toHaveLength(1);
    expect(packaged.calls).toHaveLength(1);
  });

  it("downloads again what someone has changed on the disk [C-174]", async () => {
    await using packaged = await startPackagedAgent();
    const { agent, stateDirectory } = packaged;
    const probes = packaged.pack("1.0", "one");
    await packaged.offer({ probes });
    writeFileSync(agent.packages.get("probes")?.path ?? stateDirectory, "changed");
    await packaged.offer({ probes: { ...probes, hash: Uint8Array.of(7) } });
    expect(contentOf(agent.packages.get("probes")?.path)).toBe("one");
  });

  it("uninstalls and removes what is no longer offered [C-172]", async () => {
    await using packaged = await startPackagedAgent();
    const { agent, server, calls, stateDirectory } = packaged;
    const agents = packaged.pack("1.0", "one");
    await packaged.offer({ agents, probes: packaged.pack("2.0", "two") });
    await packaged.offer({ agents });
    expect(server.known).toEqual(["agents: Installed has 1.0"]);
    expect(calls.at(-1)).toBe("uninstall removed probes 2.0");
    expect([...agent.packages.keys()]).toEqual(["agents"]);
    expect(readdirSync(join(stateDirectory, "packages"))).toHaveLength(1);
  });

  it("keeps one content for packages that have the same, until none has it", async () => {
    await using packaged = await startPackagedAgent();
    const { agent, stateDirectory } = packaged;
    const one = packaged.pack("1.0", "one");
    await packaged.offer({ a: one, b: one });
    await packaged.offer({ b: one });
    expect(contentOf(agent.packages.get("b")?.path)).toBe("one");
    await packaged.offer({});
    expect(readdirSync(join(stateDirectory, "packages"))).toEqual([]);
  });

  it("keeps and reports a package that cannot be uninstalled [C-191]", async () => {
    await using packaged = await startPackagedAgent({
      packages: {
        uninstall() {
          throw new Error("it is in use");
        },
      },
    });
    await packaged.offer({ probes: packaged.pack("1.0", "one") });
    const { packages } = await packaged.offer({});
    expect(packaged.server.known).toEqual(["probes: InstallFailed has 1.0"]);
    expect(packages.probes?.errorMessage).toContain("uninstalling failed: it is in use");
    expect(contentOf(packaged.agent.packages.get("probes")?.path)).toBe("one");
  });

  it("installs one package at a time", async () => {
    let running = 0;
    let most = 0;
    await using packaged = await startPackagedAgent({
      packages: {
        async install() {
          running += 1;
          most = Math.max(most, running);
          await new Promise(setImmediate);
          running -= 1;
        },
      },
    });
    await packaged.offer({
      a: packaged.pack("1", "a"),
      b: packaged.pack("2", "b"),
      c: packaged.pack("3", "c"),
    });
    expect(packaged.calls).toHaveLength(3);
    expect(most).toBe(1);
  });

  it("never lets a name become a path, nor two names one package", async () => {
    const outer = temporaryDirectory();
    const stateDirectory = join(outer, "state");
    await using packaged = await startPackagedAgent({ stateDirectory });
    const { agent } = packaged;
    const names = [
      "..",
      ".",
      "",
      "../../evil",
      "/tmp/evil",
      "a\0b",
      "CON",
      "probes",
      "PROBES",
      "probes.partial",
      "x".repeat(5000),
      "constructor",
      "__proto__",
      "café",
      "cafe\u0301",
    ];
    const offer = Object.fromEntries(
      names.map((name, index) => [name, packaged.pack(`${index}`, `content ${index}`)]),
    );
    await packaged.offer(offer);
    expect([...agent.packages.keys()].sort()).toEqual([...names].sort());
    for (const [index, name] of names.entries()) {
      const { path = "" } = agent.packages.get(name) ?? {};
      expect(dirname(path)).toBe(join(stateDirectory, "packages"));
      expect(contentOf(path)).toBe(`content ${index}`);
    }
    for (const name of readdirSync(join(stateDirectory, "packages"))) {
      expect(name).toMatch(/^[0-9a-f]{64}$/);
    }
    expect(readdirSync(outer)).toEqual(["state"]);
    await packaged.restart();
    expect([...packaged.agent.packages.keys()].sort()).toEqual([...names].sort());
  });

  it("knows its packages after a restart, and installs nothing again [C-169 L-13]", async () => {
    await using packaged = await startPackagedAgent();
    await packaged.offer({ probes: packaged.pack("1.0", "one") });
    packaged.server.forget();
    await packaged.restart();
    await eventually(() => expect(packaged.server.isSettled).toBe(true));
    expect(packaged.server.known).toEqual(["probes: Installed has 1.0"]);
    expect(contentOf(packaged.agent.packages.get("probes")?.path)).toBe("one");
    expect(packaged.calls).toHaveLength(1);
    expect(packaged.files.requests).toHaveLength(1);
  });

  it("gets a package again whose content is gone from the disk [C-173]", async () => {
    await using packaged = await startPackagedAgent();
    const { server, stateDirectory, errors } = packaged;
    await packaged.offer({ probes: packaged.pack("1.0", "one") });
    await packaged.agent.stop();
    for (const name of readdirSync(join(stateDirectory, "packages"))) {
      rmSync(join(stateDirectory, "packages", name));
    }
    server.forget();
    await packaged.restart();
    await eventually(() => expect(server.known).toEqual(["probes: Installed has 1.0"]));
    expect(contentOf(packaged.agent.packages.get("probes")?.path)).toBe("one");
    expect(errors.map(({ code }) => code)).toContain("state-unusable");
    expect(packaged.files.requests).toHaveLength(2);
  });

  it("removes what is on its way for packages that nobody offers any longer", async () => {
    await using packaged = await startPackagedAgent({ packages: { maxAttempts: 1 } });
    const { files, stateDirectory } = packaged;
    const usual = files.script;
    files.script = ({ response, content }) => {
      response.writeHead(200, { "content-length": content.length + 1 });
      response.write(content, () => response.socket?.end());
    };
    await packaged.offer({ one: packaged.pack("1.0", "one") });
    const partials = () => readdirSync(join(stateDirectory, "packages"));
    expect(partials()).toHaveLength(2);
    const before = partials();
    await packaged.offer({ two: packaged.pack("2.0", "two") });
    expect(partials()).toHaveLength(2);
    expect(partials()).not.toEqual(before);
    files.script = usual;
    await packaged.offer({ three: packaged.pack("3.0", "three") });
    expect(partials()).toHaveLength(1);
    expect(existsSync(packaged.agent.packages.get("three")?.path ?? "")).toBe(true);
  });
});

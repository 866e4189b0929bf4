import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { eventually } from "@opamp/test-kit";
import { describe, expect, it, onTestFinished } from "vitest";
import { createAgent, type FileSystem, nodeFileSystem } from "../src/index.ts";
import { createConfigProgram } from "./_util/config-program.ts";
import { startScriptedAgent } from "./_util/scripted-agent.ts";
import { temporaryDirectory } from "./_util/state-directory.ts";

const base = { serverUrl: "ws://localhost:9", description: { serviceName: "edge" } };

/** A directory in which an agent applied a config. */
async function usedDirectory(): Promise<string> {
  const { remoteConfig } = createConfigProgram();
  await using scripted = await startScriptedAgent({ remoteConfig });
  await scripted.offer("good", "one");
  await scripted.stop();
  // The test that makes the directory also removes it.
  return scripted.stateDirectory;
}

function stateFiles(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".json"))
    .toSorted();
}

describe("the state directory", () => {
  it("is made where it is missing, and only its owner may read it", async () => {
    const stateDirectory = join(temporaryDirectory(), "a", "b");
    const { remoteConfig } = createConfigProgram();
    await using scripted = await startScriptedAgent({ stateDirectory, remoteConfig });
    await scripted.offer("secret", "one");
    const modes = ["", "configs", ...stateFiles(stateDirectory), "lock"].map(
      (name) => [name, (statSync(join(stateDirectory, name)).mode & 0o777).toString(8)] as const,
    );
    expect(modes.slice(0, 2).map(([, mode]) => mode)).toEqual(["700", "700"]);
    expect(new Set(modes.slice(2).map(([, mode]) => mode))).toEqual(new Set(["600"]));
    expect(modes).toHaveLength(6);
  });

  it("belongs to one agent: a second one says who has it", async () => {
    const stateDirectory = temporaryDirectory();
    await using _first = await createAgent({ ...base, stateDirectory });
    const second = createAgent({ ...base, stateDirectory });
    await expect(second).rejects.toMatchObject({
      code: "state-unusable",
      message: `this process on ${hostname()} uses ${stateDirectory} already; stop it, or give this agent another state directory`,
    });
    writeFileSync(
      join(stateDirectory, "lock"),
      JSON.stringify({ pid: process.ppid, host: hostname(), started: "" }),
    );
    const third = createAgent({ ...base, stateDirectory });
    await expect(third).rejects.toThrow(`process ${process.ppid} on ${hostname()} uses`);
  });

  it.each([
    ["a process that is gone", { pid: 4194305, host: hostname(), started: "" }],
    ["another process that had this pid", { pid: process.pid, host: hostname(), started: "x/1" }],
    ["nobody, for it is damaged", { pid: "?" }],
  ])("is taken over from %s", async (_who, lock) => {
    const stateDirectory = temporaryDirectory();
    writeFileSync(join(stateDirectory, "lock"), JSON.stringify(lock));
    await using agent = await createAgent({ ...base, stateDirectory });
    await agent.stop();
    expect(readdirSync(stateDirectory)).toEqual(["instance-uid.json"]);
  });

  it("is taken over from a process that was killed and is not yet reaped", async () => {
    const stateDirectory = temporaryDirectory();
    // The program that sh becomes does not ask how its child ended.
    const parent = spawn("sh", ["-c", "sleep 60 & echo $!; exec sleep 60"]);
    onTestFinished(() => void parent.kill("SIGKILL"));
    const [line] = await once(parent.stdout, "data");
    const pid = Number(line);
    await eventually(() =>
      expect(readFileSync(`/proc/${parent.pid}/comm`, "utf8")).toBe("sleep\n"),
    );
    process.kill(pid, "SIGKILL");
    await eventually(() => expect(readFileSync(`/proc/${pid}/stat`, "utf8")).toContain(" Z "));
    const lock = { pid, host: hostname(), started: "" };
    writeFileSync(join(stateDirectory, "lock"), JSON.stringify(lock));
    await using agent = await createAgent({ ...base, stateDirectory });
    await agent.stop();
  });

  it("is free after a stop, and after settings that do not fit", async () => {
    const stateDirectory = temporaryDirectory();
    const wrong = createAgent({ ...base, stateDirectory, serverUrl: "gopher://x" });
    await expect(wrong).rejects.toMatchObject({ code: "invalid-argument" });
    await using first = await createAgent({ ...base, stateDirectory });
    await first.stop();
    await using second = await createAgent({ ...base, stateDirectory });
    expect(second.instanceUid).toBe(first.instanceUid);
  });

  it("is refused, and left alone, when a newer version wrote it", async () => {
    const stateDirectory = await usedDirectory();
    for (const name of stateFiles(stateDirectory).filter((one) => !one.includes("configs"))) {
      const path = join(stateDirectory, name);
      const before = readFileSync(path, "utf8");
      writeFileSync(path, before.replace('"version": 1', '"version": 2'));
      const { remoteConfig } = createConfigProgram();
      const refused = createAgent({ ...base, stateDirectory, remoteConfig });
      await expect(refused).rejects.toMatchObject({
        code: "state-unusable",
        message: `${path} was written by a newer version (format 2, this one knows 1); update this program, or give it another state directory`,
      });
      expect(readFileSync(path, "utf8")).toContain('"version": 2');
      writeFileSync(path, before);
    }
  });

  it("survives any file that is damaged: it is set aside and reported, and the server's offer mends it", async () => {
    for (const index of [0, 1, 2]) {
      const stateDirectory = await usedDirectory();
      const name = stateFiles(stateDirectory)[index] ?? "";
      const path = join(stateDirectory, name);
      truncateSync(path, statSync(path).size - 3);
      const program = createConfigProgram();
      await using scripted = await startScriptedAgent({
        stateDirectory,
        remoteConfig: program.remoteConfig,
      });
      expect(scripted.errors).toMatchObject([{ code: "state-unusable" }]);
      const aside = readdirSync(join(stateDirectory, name, ".."));
      expect(aside.filter((one) => one.includes(".damaged-2026-01-01T"))).toHaveLength(1);
      await scripted.offer("good", "one");
      expect(program.current).toBe("good");
      expect(scripted.statuses.at(-1)).toBe("APPLIED one");
    }
  });

  it.each(["", "null", "[]", "{}", '{"version":0}', '{"version":1,"instanceUid":"x"}', "\xff"])(
    "survives an instance-uid.json that holds %j",
    async (content) => {
      const stateDirectory = temporaryDirectory();
      writeFileSync(join(stateDirectory, "instance-uid.json"), content, "latin1");
      await using scripted = await startScriptedAgent({ stateDirectory });
      expect(scripted.errors).toHaveLength(1);
      const stored = readFileSync(join(stateDirectory, "instance-uid.json"), "utf8");
      expect(stored).toContain(scripted.agent.instanceUid);
    },
  );

  it("that cannot be written is said to be so", async () => {
    const path = join(temporaryDirectory(), "file");
    writeFileSync(path, "");
    const agent = createAgent({ ...base, stateDirectory: path });
    await expect(agent).rejects.toMatchObject({ code: "state-unusable" });
  });

  it("that is full refuses a config, and the old one stays in force", async () => {
    let isFull = false;
    const fileSystem: FileSystem = {
      ...nodeFileSystem,
      write(path, content) {
        if (isFull) throw Object.assign(new Error("ENOSPC: no space left"), { syscall: "write" });
        nodeFileSystem.write(path, content);
      },
    };
    const program = createConfigProgram();
    const { remoteConfig } = program;
    await using scripted = await startScriptedAgent({ fileSystem, remoteConfig });
    await scripted.offer("good", "one");
    isFull = true;
    await scripted.offer("better", "two");
    expect(program.current).toBe("good");
    const last = scripted.messages.findLast((message) => message.remoteConfigStatus);
    expect(last?.remoteConfigStatus?.errorMessage).toBe(
      "the config cannot be stored: ENOSPC: no space left",
    );
  });
});

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bytesFromInstanceUid, createInstanceUid } from "@opamp/protocol";
import { describe, expect, it } from "vitest";
import { createConfigProgram } from "./_util/config-program.ts";
import { type ScriptedAgent, startScriptedAgent } from "./_util/scripted-agent.ts";
import { temporaryDirectory } from "./_util/state-directory.ts";

/** Rewrites the record of remote configs, as an earlier run might have left it. */
function editRecord(directory: string, edit: (record: Record<string, unknown>) => object): void {
  const path = join(directory, "remote-config.json");
  writeFileSync(path, JSON.stringify(edit(JSON.parse(readFileSync(path, "utf8")))));
}

/** Leaves a directory as if the process had been killed while it applied a config for the nth time. */
async function interruptedDirectory(text: string, attempts: number): Promise<string> {
  const program = createConfigProgram({ apply: () => new Promise(() => {}) });
  const before = createConfigProgram();
  const stateDirectory = temporaryDirectory();
  await using first = await startScriptedAgent({
    stateDirectory,
    remoteConfig: before.remoteConfig,
  });
  await first.offer("good", "one");
  await first.stop();
  await using second = await startScriptedAgent({
    stateDirectory,
    remoteConfig: {
      apply: (config, context) =>
        context.reason === "started" ? undefined : program.remoteConfig.apply(config, context),
    },
  });
  await second.offer(text, "two");
  await second.stop();
  editRecord(stateDirectory, ({ received, ...rest }) => ({
    ...rest,
    received: { ...(received as object), attempts },
  }));
  return stateDirectory;
}

const firstStatus = ({ messages }: ScriptedAgent) => messages[0]?.remoteConfigStatus;

describe("an agent that is started again", () => {
  it("has the uid it had before [C-204]", async () => {
    await using first = await startScriptedAgent();
    await first.stop();
    const { stateDirectory } = first;
    await using second = await startScriptedAgent({ stateDirectory });
    expect(second.agent.instanceUid).toBe(first.agent.instanceUid);
  });

  it("has the uid that the server assigned, which was on disk before it was used [C-38 C-204]", async () => {
    const assigned = createInstanceUid();
    await using first = await startScriptedAgent();
    const { stateDirectory } = first;
    await first.tell({
      agentIdentification: { newInstanceUid: bytesFromInstanceUid(assigned) },
    });
    expect(first.messages.at(-1)?.instanceUid).toEqual(bytesFromInstanceUid(assigned));
    await first.stop();
    await using second = await startScriptedAgent({ stateDirectory });
    expect(second.agent.instanceUid).toBe(assigned);
  });

  it("runs with the last good config before a server has answered, and reports its hash at once [C-106]", async () => {
    const program = createConfigProgram();
    await using first = await startScriptedAgent({ remoteConfig: program.remoteConfig });
    const { stateDirectory } = first;
    await first.offer("good", "one");
    await first.stop();

    const again = createConfigProgram();
    await using second = await startScriptedAgent({
      stateDirectory,
      remoteConfig: again.remoteConfig,
    });
    expect(again.calls).toEqual(["started good"]);
    expect(second.statuses).toEqual(["APPLIED one"]);
  });

  it("does not apply again what it has applied, when the server offers it again [C-105 L-13]", async () => {
    const program = createConfigProgram();
    await using first = await startScriptedAgent({ remoteConfig: program.remoteConfig });
    const { stateDirectory } = first;
    await first.offer("good", "one");
    await first.stop();

    const again = createConfigProgram();
    await using second = await startScriptedAgent({
      stateDirectory,
      remoteConfig: again.remoteConfig,
    });
    await second.offer("good", "one");
    expect(again.calls).toEqual(["started good"]);
    expect(second.statuses).toEqual(["APPLIED one"]);
  });

  it("still reports what failed, runs with what was good, and does not try the failed one again [L-13]", async () => {
    const program = createConfigProgram();
    await using first = await startScriptedAgent({ remoteConfig: program.remoteConfig });
    const { stateDirectory } = first;
    await first.offer("good", "one");
    await first.offer("bad", "two");
    await first.stop();

    const again = createConfigProgram();
    await using second = await startScriptedAgent({
      stateDirectory,
      remoteConfig: again.remoteConfig,
    });
    await second.offer("bad", "two");
    expect(again.calls).toEqual(["started good"]);
    expect(second.statuses).toEqual(["FAILED two"]);
    expect(firstStatus(second)?.errorMessage).toBe("cannot run with bad");
  });

  it("takes up a config that it was interrupted at, and reports how that ended", async () => {
    const stateDirectory = await interruptedDirectory("better", 1);
    const program = createConfigProgram();
    await using scripted = await startScriptedAgent({
      stateDirectory,
      remoteConfig: program.remoteConfig,
    });
    expect(program.calls).toEqual(["interrupted better"]);
    expect(scripted.statuses.at(-1)).toBe("APPLIED two");
  });

  it("goes back to the last good config when the interrupted one fails, whatever rollBack says", async () => {
    const stateDirectory = await interruptedDirectory("bad", 1);
    const program = createConfigProgram({ rollBack: false });
    await using scripted = await startScriptedAgent({
      stateDirectory,
      remoteConfig: program.remoteConfig,
    });
    expect(program.calls).toEqual(["interrupted bad", "rolled-back good"]);
    expect(scripted.statuses.at(-1)).toBe("FAILED two");
  });

  it("gives up a config that ended the process too often", async () => {
    const stateDirectory = await interruptedDirectory("deadly", 3);
    const program = createConfigProgram();
    await using scripted = await startScriptedAgent({
      stateDirectory,
      remoteConfig: program.remoteConfig,
    });
    expect(program.calls).toEqual(["started good"]);
    expect(scripted.statuses).toEqual(["FAILED two"]);
    expect(firstStatus(scripted)?.errorMessage).toBe(
      "the agent ended 3 times while it applied this config",
    );
  });

  it("does not count a stop in order as an attempt", async () => {
    const stateDirectory = temporaryDirectory();
    const hanging = createConfigProgram({ apply: () => new Promise(() => {}) });
    await using first = await startScriptedAgent({
      stateDirectory,
      remoteConfig: hanging.remoteConfig,
    });
    await first.offer("slow", "one");
    await first.stop();
    for (let restarts = 0; restarts < 4; restarts += 1) {
      await using again = await startScriptedAgent({
        stateDirectory,
        remoteConfig: hanging.remoteConfig,
      });
      await again.stop();
    }
    expect(new Set(hanging.calls.slice(1))).toEqual(new Set(["interrupted slow"]));
    expect(hanging.calls).toHaveLength(5);
  });

  it("reports FAILED when the config that was good cannot be applied any more, and APPLIED when it can again", async () => {
    const stateDirectory = temporaryDirectory();
    let isBroken = false;
    const run = async (act?: (scripted: ScriptedAgent) => Promise<void>) => {
      const apply = (): void => {
        if (isBroken) throw new Error("no such device");
      };
      const { remoteConfig } = createConfigProgram({ apply });
      await using scripted = await startScriptedAgent({ stateDirectory, remoteConfig });
      await act?.(scripted);
      await scripted.stop();
      return scripted;
    };
    await run((scripted) => scripted.offer("good", "one"));
    isBroken = true;
    const broken = await run();
    expect(broken.statuses.at(-1)).toBe("FAILED one");
    expect(broken.errors).toMatchObject([{ code: "callback-failed" }]);
    isBroken = false;
    const mended = await run();
    expect(mended.statuses.at(-1)).toBe("APPLIED one");
  });

  it("keeps bytes that are no text as they are", async () => {
    const stateDirectory = temporaryDirectory();
    const body = Uint8Array.of(0xff, 0, 0xef, 0xbb, 0xbf);
    const run = async (act?: (scripted: ScriptedAgent) => Promise<void>) => {
      const seen: Uint8Array[] = [];
      await using scripted = await startScriptedAgent({
        stateDirectory,
        remoteConfig: {
          apply: ({ objects }) => void seen.push(...Object.values(objects).map((o) => o.bytes)),
        },
      });
      await act?.(scripted);
      await scripted.stop();
      return seen.map((bytes) => [...bytes]);
    };
    const bom = new TextEncoder().encode("\ufefftext");
    const configMap = { a: { body }, b: { body: bom }, c: {} };
    const configHash = Uint8Array.of(1);
    const offered = await run((s) =>
      s.tell({ remoteConfig: { config: { configMap }, configHash } }),
    );
    expect(offered).toEqual([[...body], [...bom], []]);
    expect(await run()).toEqual(offered);
  });

  it("keeps no more configs than it needs", async () => {
    const program = createConfigProgram();
    await using scripted = await startScriptedAgent({ remoteConfig: program.remoteConfig });
    for (const text of ["a", "b", "bad", "c", "bad again"]) await scripted.offer(text, text);
    expect(readdirSync(join(scripted.stateDirectory, "configs"))).toHaveLength(1);
  });
});

import { RemoteConfigStatuses } from "@opamp/protocol";
import { describe, expect, it } from "vitest";
import type { RemoteConfig } from "../src/index.ts";
import { createConfigProgram } from "./_util/config-program.ts";
import { configOf, startScriptedAgent } from "./_util/scripted-agent.ts";

describe("a remote config", () => {
  it("is reported as APPLYING, applied, and reported as APPLIED with the effective config [C-51 C-99 C-100 C-104]", async () => {
    const program = createConfigProgram();
    await using scripted = await startScriptedAgent({
      remoteConfig: program.remoteConfig,
      effectiveConfig: () => ({ "edge.yaml": program.current }),
    });
    await scripted.offer("interval: 1s", "one");
    expect(program.calls).toEqual(["offered interval: 1s"]);
    expect(scripted.statuses).toEqual(["APPLYING one", "APPLIED one"]);
    const effective = scripted.messages.flatMap(({ effectiveConfig }) => effectiveConfig ?? []);
    const texts = effective.map((one) =>
      new TextDecoder().decode(one.configMap?.configMap["edge.yaml"]?.body),
    );
    expect(texts).toEqual(["default", "interval: 1s"]);
  });

  it("is handed over with the text, bytes, content type and role of each file, and its hash [C-107 W-87]", async () => {
    let handed: RemoteConfig | undefined;
    await using scripted = await startScriptedAgent({
      remoteConfig: {
        apply(config) {
          handed = config;
        },
      },
    });
    await scripted.offer("interval: 1s", "one");
    const object = handed?.objects["edge.yaml"];
    expect(object).toMatchObject({ contentType: "text/yaml", role: "main" });
    expect(object?.text()).toBe("interval: 1s");
    expect(object?.bytes).toEqual(new TextEncoder().encode("interval: 1s"));
    expect(handed?.hash).toEqual(new TextEncoder().encode("one"));
  });

  it("is reported as FAILED with the reason when it is not applied, and the last good one is applied again [C-101 C-102]", async () => {
    const program = createConfigProgram();
    await using scripted = await startScriptedAgent({ remoteConfig: program.remoteConfig });
    await scripted.offer("good", "one");
    await scripted.offer("bad", "two");
    expect(program.calls).toEqual(["offered good", "offered bad", "rolled-back good"]);
    expect(scripted.statuses.slice(2)).toEqual(["APPLYING two", "FAILED two"]);
    const last = scripted.messages.findLast((message) => message.remoteConfigStatus);
    expect(last?.remoteConfigStatus?.errorMessage).toBe("cannot run with bad");
  });

  it("is not followed by a roll back when that is not wanted, or when there is nothing to go back to", async () => {
    const program = createConfigProgram({ rollBack: false });
    await using scripted = await startScriptedAgent({ remoteConfig: program.remoteConfig });
    await scripted.offer("bad", "one");
    await scripted.offer("good", "two");
    await scripted.offer("bad", "three");
    expect(program.calls).toEqual(["offered bad", "offered good", "offered bad"]);
  });

  it("that the program's own rules forbid is refused with the reason, and what is in force stays [C-246 C-248]", async () => {
    const program = createConfigProgram({
      // An allow-list of this machine's, which no config can change.
      validate({ objects }) {
        const text = objects["edge.yaml"]?.text() ?? "";
        if (!text.startsWith("/var/log/")) throw new Error(`${text} may not be read`);
      },
    });
    await using scripted = await startScriptedAgent({ remoteConfig: program.remoteConfig });
    await scripted.offer("/var/log/edge.log", "one");
    await scripted.offer("/etc/shadow", "two");
    expect(program.calls).toEqual(["offered /var/log/edge.log"]);
    expect(scripted.statuses.slice(2)).toEqual(["APPLYING two", "FAILED two"]);
    const last = scripted.messages.findLast((message) => message.remoteConfigStatus);
    expect(last?.remoteConfigStatus?.errorMessage).toBe("/etc/shadow may not be read");
  });

  it("is not applied when a newer one comes while it is validated", async () => {
    const validated = Promise.withResolvers<void>();
    const program = createConfigProgram({ validate: () => validated.promise });
    await using scripted = await startScriptedAgent({ remoteConfig: program.remoteConfig });
    await scripted.offer("first", "one");
    await scripted.offer("second", "two");
    validated.resolve();
    await scripted.clock.settle();
    expect(program.calls).toEqual(["offered second"]);
  });

  it("says that rolling back failed, too", async () => {
    let isBroken = false;
    const program = createConfigProgram({
      apply() {
        if (isBroken) throw new Error("the disk is gone");
      },
    });
    await using scripted = await startScriptedAgent({ remoteConfig: program.remoteConfig });
    await scripted.offer("good", "one");
    isBroken = true;
    await scripted.offer("other", "two");
    const last = scripted.messages.findLast((message) => message.remoteConfigStatus);
    expect(last?.remoteConfigStatus).toMatchObject({
      status: RemoteConfigStatuses.FAILED,
      errorMessage: "the disk is gone; rolling back failed as well: the disk is gone",
    });
  });

  it("aborts the one before, and is applied when that has ended: never two at once", async () => {
    const ended = Promise.withResolvers<void>();
    const signals: AbortSignal[] = [];
    const program = createConfigProgram({
      async apply(_config, { signal }) {
        signals.push(signal);
        if (signals.length === 1) await ended.promise;
      },
    });
    await using scripted = await startScriptedAgent({ remoteConfig: program.remoteConfig });
    await scripted.offer("first", "one");
    await scripted.offer("second", "two");
    await scripted.offer("third", "three");
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    expect(program.calls).toEqual(["offered first"]);
    ended.resolve();
    await scripted.clock.settle();
    expect(program.calls).toEqual(["offered first", "offered third"]);
    expect(scripted.statuses).toEqual([
      "APPLYING one",
      "APPLYING two",
      "APPLYING three",
      "APPLIED three",
    ]);
    expect(program.current).toBe("third");
  });

  it("fails after its time when apply never returns, and the next one is taken [L-07]", async () => {
    let calls = 0;
    let firstSignal: AbortSignal | undefined;
    const program = createConfigProgram({
      timeoutMs: 1000,
      apply: (_config, { signal }) => {
        firstSignal ??= signal;
        calls += 1;
        return calls === 1 ? new Promise(() => {}) : undefined;
      },
    });
    await using scripted = await startScriptedAgent({ remoteConfig: program.remoteConfig });
    await scripted.offer("first", "one");
    await scripted.clock.advance(1000);
    expect(firstSignal?.aborted).toBe(true);
    expect(scripted.statuses).toEqual(["APPLYING one", "FAILED one"]);
    await scripted.offer("second", "two");
    expect(program.current).toBe("second");
  });

  it("without files is handed over as it is [W-36]", async () => {
    const program = createConfigProgram();
    await using scripted = await startScriptedAgent({ remoteConfig: program.remoteConfig });
    const configHash = new TextEncoder().encode("none");
    await scripted.tell({ remoteConfig: { config: {}, configHash } });
    expect(program.calls).toEqual(["offered empty"]);
    expect(scripted.statuses).toEqual(["APPLYING none", "APPLIED none"]);
  });

  it("that lacks its config or its hash is refused, and harms nothing [L-01]", async () => {
    const program = createConfigProgram();
    await using scripted = await startScriptedAgent({ remoteConfig: program.remoteConfig });
    await scripted.tell({ remoteConfig: { configHash: new TextEncoder().encode("none") } });
    const { config } = configOf("text", "");
    await scripted.tell({ remoteConfig: config === undefined ? {} : { config } });
    await scripted.tell({ remoteConfig: {} });
    expect(program.calls).toEqual([]);
    expect(scripted.statuses).toEqual(["FAILED none", "FAILED "]);
    await scripted.offer("good", "one");
    expect(program.current).toBe("good");
  });

  it("may name a file as JavaScript names something else", async () => {
    let names: readonly string[] = [];
    await using scripted = await startScriptedAgent({
      remoteConfig: {
        apply({ objects }) {
          names = Object.keys(objects);
        },
      },
    });
    const configMap = Object.fromEntries([["__proto__", { body: Uint8Array.of(1) }]]);
    const configHash = new TextEncoder().encode("one");
    await scripted.tell({ remoteConfig: { config: { configMap }, configHash } });
    expect(names).toEqual(["__proto__"]);
  });
});

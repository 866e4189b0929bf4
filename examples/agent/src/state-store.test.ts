import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type AgentConfigMapInit,
  type AgentRemoteConfig,
  type AgentRemoteConfigInit,
  decodeServerToAgent,
  encodeServerToAgent,
} from "@opamp/protocol";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lockDirectory } from "./directory-lock.ts";
import { createManagedConfig } from "./managed-config.ts";
import { openStateStore } from "./state-store.ts";

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "hostwatch-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

function offerOf(remoteConfig: AgentRemoteConfigInit): AgentRemoteConfig {
  const sent = decodeServerToAgent(encodeServerToAgent({ remoteConfig })).remoteConfig;
  if (sent === undefined) throw new Error("the offer got lost");
  return sent;
}

function offer(text: string, hash: number): AgentRemoteConfig {
  const body = new TextEncoder().encode(text);
  return offerOf({ config: { configMap: { "": { body } } }, configHash: Uint8Array.of(hash) });
}

describe("openStateStore", () => {
  it("remembers the instance uid and the last offer over a restart", () => {
    const first = openStateStore(directory);
    first.update({ remoteConfig: "interval: 2s", lastOffer: { hash: "0a" } });
    expect(openStateStore(directory).state).toEqual(first.state);
  });

  it.each(["", "{", "null", "[]", '{"instanceUid":"x"}'])("refuses a damaged file: %j", (text) => {
    writeFileSync(join(directory, "state.json"), text);
    expect(() => openStateStore(directory)).toThrow(/state\.json is damaged; remove it/);
  });
});

describe("createManagedConfig", () => {
  it("starts from the last config that was applied, also after a refused one", () => {
    const config = createManagedConfig(openStateStore(directory));
    expect(config.take(offer("interval: 2s", 1))).toEqual({ hash: "01" });
    expect(config.take(offer("interval: never", 2)).error).toContain("interval: expected");
    expect(config.current.intervalMs).toBe(2000);

    const again = createManagedConfig(openStateStore(directory));
    expect(again.current.intervalMs).toBe(2000);
    expect(again.isKnown(offer("interval: never", 2))).toBe(true);
    expect(again.isKnown(offer("interval: 2s", 1))).toBe(false);
  });

  it("refuses an offer that has no file, several files, or no text", () => {
    const managed = createManagedConfig(openStateStore(directory));
    const error = (configMap?: AgentConfigMapInit["configMap"]) =>
      managed.take(offerOf(configMap === undefined ? {} : { config: { configMap } })).error;
    expect(error()).toBe("expected one config file, got none");
    expect(error({})).toBe("expected one config file, got none");
    expect(error({ a: {}, b: {} })).toBe('expected one config file, got "a", "b"');
    expect(error({ a: { body: Uint8Array.of(0xff) } })).toBe("the config is not UTF-8 text");
  });
});

describe("lockDirectory", () => {
  it("keeps a directory to one process", () => {
    const unlock = lockDirectory(directory);
    unlock();
    writeFileSync(join(directory, "lock"), String(process.ppid));
    expect(() => lockDirectory(directory)).toThrow(`process ${process.ppid} uses ${directory}`);
  });

  it("takes over the lock of a process that is gone", () => {
    writeFileSync(join(directory, "lock"), "4194305");
    expect(lockDirectory(directory)).not.toThrow();
  });
});

import { describe, expect, it } from "vitest";
import { KeyedQueue } from "./keyed-queue.ts";

describe("a keyed queue", () => {
  it("runs tasks of one key in order, and those of others meanwhile", async () => {
    const queue = new KeyedQueue<string>();
    const log: string[] = [];
    const gate = Promise.withResolvers<void>();
    const slow = queue.run("a", () => gate.promise.then(() => void log.push("a1")));
    const next = queue.run("a", async () => void log.push("a2"));
    await queue.run("b", async () => void log.push("b"));
    gate.resolve();
    await Promise.all([slow, next]);
    expect(log).toEqual(["b", "a1", "a2"]);
  });

  it("goes on after a task that failed, and is idle at the end", async () => {
    const queue = new KeyedQueue<string>();
    const failing = queue.run("a", () => Promise.reject(new Error("no")));
    const next = queue.run("a", async () => 2);
    expect(queue.isIdle("a")).toBe(false);
    await expect(failing).rejects.toThrow("no");
    expect(await next).toBe(2);
    await queue.idle();
    expect(queue.isIdle("a")).toBe(true);
  });
});

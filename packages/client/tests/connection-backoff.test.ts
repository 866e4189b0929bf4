import { OpAMPError } from "@opamp/protocol";
import { describe, expect, it } from "vitest";
import { exponentialBackoff, type RetryPolicy } from "../src/index.ts";
import { refusals, refused } from "./_util/problems.ts";
import { createScriptedClient, startScriptedClient } from "./_util/scripted-client.ts";
import { waitMs } from "./_util/statuses.ts";

/** Draws these numbers, the last one for ever. */
function draws(...numbers: number[]): () => number {
  return () => (numbers.length > 1 ? numbers.shift() : numbers[0]) ?? 0;
}

/** Starts against a server that refuses, and says how long each wait is. */
async function waitsOf(random: () => number, attempts: number): Promise<readonly number[]> {
  await using agent = createScriptedClient({ random });
  agent.server.refuseNext(...refusals(attempts));
  await agent.client.start();
  await agent.clock.settle();
  const waits: number[] = [];
  while (waits.length < attempts) {
    waits.push(waitMs(agent.client));
    await agent.clock.advance(waitMs(agent.client));
  }
  return waits;
}

describe("backing off", () => {
  it("waits longer after each refused attempt, up to a cap [C-234 C-240]", async () => {
    const waits = await waitsOf(() => 0.999, 9);
    expect(waits.map((ms) => Math.round(ms / 1000))).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
  });

  it("draws each wait anew, also at the cap [C-234 L-17]", async () => {
    const waits = await waitsOf(draws(0, 0, 0, 0, 0, 0, 0, 0.25, 0.75), 9);
    const [seventh = 0, eighth = 0, ninth = 0] = waits.slice(6);
    expect(new Set([seventh, eighth, ninth]).size).toBe(3);
    expect(Math.max(seventh, eighth, ninth)).toBeLessThanOrEqual(60_000);
    expect(Math.min(seventh, eighth, ninth)).toBeGreaterThanOrEqual(30_000);
  });

  it.each([false, true])(
    "comes back at once after a good connection broke, polling: %s [C-239]",
    async (pollsForMessages) => {
      await using agent = await startScriptedClient({ pollsForMessages, random: () => 0 });
      agent.session.close();
      await agent.clock.advance(0);
      expect(agent.server.sessions).toHaveLength(2);
      expect(agent.client.status.state).toBe("online");
    },
  );

  it("spreads the first reconnects of a fleet over a second [C-253 L-17]", async () => {
    const waits: number[] = [];
    for (const random of [0, 0.25, 0.75]) {
      await using agent = await startScriptedClient({ random: () => random });
      agent.session.close();
      await agent.clock.settle();
      waits.push(waitMs(agent.client));
    }
    expect(waits).toEqual([0, 250, 750]);
  });

  it("backs off from a server that accepts and then drops, as from one that refuses [L-16]", async () => {
    await using agent = await startScriptedClient({
      answer: () => undefined,
      random: () => 0.999,
    });
    const waits: number[] = [];
    for (let round = 0; round < 6; round += 1) {
      agent.session.close();
      await agent.clock.settle();
      waits.push(Math.round(waitMs(agent.client) / 1000));
      await agent.clock.advance(waitMs(agent.client));
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32]);
  });

  it("starts over after a message of the server [L-16]", async () => {
    await using agent = createScriptedClient({ random: () => 0.999 });
    agent.server.refuseNext(...refusals(4));
    await agent.client.start();
    await agent.clock.advance(20_000);
    expect(agent.client.status.state).toBe("online");
    agent.session.close();
    await agent.clock.settle();
    expect(waitMs(agent.client)).toBeLessThanOrEqual(1000);
  });

  it("starts over after five seconds, also when the server says nothing [L-16]", async () => {
    await using agent = createScriptedClient({ random: () => 0.999, answer: () => undefined });
    agent.server.refuseNext(...refusals(3));
    await agent.client.start();
    await agent.clock.settle();
    for (let i = 0; i < 3; i += 1) await agent.clock.advance(waitMs(agent.client));
    expect(agent.client.status.state).toBe("online");
    await agent.clock.advance(4999);
    agent.session.close();
    await agent.clock.settle();
    expect(waitMs(agent.client)).toBeGreaterThan(7000);
    await agent.clock.advance(waitMs(agent.client) + 5000);
    agent.session.close();
    await agent.clock.settle();
    expect(waitMs(agent.client)).toBeLessThanOrEqual(1000);
  });

  it.each([false, true])(
    "backs off from a server that talks nonsense, polling: %s [L-03 L-16]",
    async (pollsForMessages) => {
      await using agent = createScriptedClient({
        pollsForMessages,
        random: () => 0.999,
        answer: () => ({ instanceUid: Uint8Array.of(1, 2, 3) }),
      });
      await agent.client.start();
      await agent.clock.settle();
      const waits: number[] = [];
      for (let round = 0; round < 4; round += 1) {
        waits.push(Math.round(waitMs(agent.client) / 1000));
        await agent.clock.advance(waitMs(agent.client));
      }
      expect(waits).toEqual([1, 2, 4, 8]);
    },
  );

  it("shows that the server does not let it in, and tries again [L-20]", async () => {
    const failures: OpAMPError[] = [];
    await using agent = createScriptedClient({
      callbacks: { onConnectFailed: (error) => failures.push(error) },
    });
    agent.server.refuseNext(new OpAMPError("unauthorized", "status 401", { status: 401 }));
    await agent.client.start();
    await agent.clock.settle();
    expect(agent.client.status).toMatchObject({ error: { code: "unauthorized", status: 401 } });
    expect(failures).toMatchObject([{ code: "unauthorized", status: 401 }]);
    await agent.clock.advance(1000);
    expect(agent.client.status.state).toBe("online");
  });
});

describe("a retry policy of the user", () => {
  it("is asked before each attempt, with its number since the last good connection [L-16]", async () => {
    const asked: number[] = [];
    const retry: RetryPolicy = {
      delayMs(attempt) {
        asked.push(attempt);
        return attempt * 10;
      },
    };
    await using agent = createScriptedClient({ retry });
    agent.server.refuseNext(...refusals(3));
    await agent.client.start();
    await agent.clock.settle();
    expect(waitMs(agent.client)).toBe(10);
    await agent.clock.advance(1000);
    expect(asked).toEqual([1, 2, 3]);
    agent.session.close();
    await agent.clock.settle();
    expect(asked).toEqual([1, 2, 3, 1]);
  });

  it("may serve several clients at once", async () => {
    const retry = exponentialBackoff({ initialMs: 100, maxMs: 400, multiplier: 2 });
    const random = (): number => 0.5;
    await using one = createScriptedClient({ retry, random });
    await using other = createScriptedClient({ retry, random });
    for (const { server, client, clock } of [one, other]) {
      server.refuseNext(...refusals(3));
      await client.start();
      await clock.advance(50);
      expect(waitMs(client)).toBe(150);
    }
  });

  it.each([
    ["NaN", () => Number.NaN],
    ["a negative number", () => -1],
    ["infinity", () => Number.POSITIVE_INFINITY],
    ["a text", () => "soon" as unknown as number],
    ["nothing", () => undefined as unknown as number],
    [
      "an exception",
      () => {
        throw new Error("no idea");
      },
    ],
  ])("is replaced for the attempt when it answers with %s [L-07]", async (_name, delayMs) => {
    await using agent = createScriptedClient({ retry: { delayMs }, random: () => 0.999 });
    agent.server.refuseNext(...refusals(2));
    await agent.client.start();
    await agent.clock.settle();
    expect(waitMs(agent.client)).toBe(999);
    expect(agent.errors).toMatchObject([{ code: "callback-failed" }]);
    await agent.clock.advance(10_000);
    expect(agent.client.status.state).toBe("online");
  });

  it("may answer with 0 for ever without keeping anything else from running", async () => {
    await using agent = createScriptedClient({ retry: { delayMs: () => 0 } });
    agent.server.refuseNext(...refusals(50));
    await agent.client.start();
    await agent.clock.advance(0);
    expect(agent.client.status.state).toBe("online");
    expect(agent.server.attempts).toBe(51);
  });
});

it("reports the reason of a failed attempt as it is [L-20]", async () => {
  await using agent = createScriptedClient();
  const reason = refused();
  agent.server.refuseNext(reason);
  await agent.client.start();
  await agent.clock.settle();
  expect(agent.client.status).toMatchObject({ state: "backing-off", error: reason });
});

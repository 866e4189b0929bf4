import { OpAMPError } from "@opamp/protocol";
import { describe, expect, it } from "vitest";
import { refusals, refused } from "./_util/problems.ts";
import { createScriptedClient, startScriptedClient } from "./_util/scripted-client.ts";
import { recordStatuses, stateNames } from "./_util/statuses.ts";

describe("the states of a connection", () => {
  it("is idle until it is started", async () => {
    await using agent = createScriptedClient();
    await agent.clock.advance(60_000);
    expect(agent.client.status).toEqual({
      state: "idle",
      serverCapabilities: undefined,
      serverFlags: [],
    });
    expect(agent.server.attempts).toBe(0);
  });

  it("is online as soon as a WebSocket is open, and over HTTP with the first answer", async () => {
    await using socket = await startScriptedClient({ answer: () => undefined });
    expect(socket.client.status.state).toBe("online");
    let answers = false;
    await using poller = await startScriptedClient({
      pollsForMessages: true,
      answer: () => (answers ? {} : undefined),
    });
    expect(poller.client.status).toMatchObject({ state: "connecting", attempt: 1 });
    answers = true;
    poller.session.close(refused());
    await poller.clock.advance(1000);
    expect(poller.client.status.state).toBe("online");
  });

  it.each([false, true])("calls onConnect for each connection, polling: %s", async (polls) => {
    const connects: string[] = [];
    await using agent = await startScriptedClient({
      pollsForMessages: polls,
      callbacks: { onConnect: () => connects.push("up") },
    });
    expect(connects).toHaveLength(1);
    agent.session.close();
    await agent.clock.advance(1000);
    expect(connects).toHaveLength(2);
  });

  it("resolves start against a server that is away, says so, and keeps trying [L-20]", async () => {
    const failures: string[] = [];
    await using agent = createScriptedClient({
      callbacks: { onConnectFailed: (error) => failures.push(error.code) },
    });
    agent.server.refuseNext(...refusals(2));
    await agent.client.start();
    await agent.clock.settle();
    expect(agent.client.status).toMatchObject({ state: "backing-off" });
    expect(failures).toEqual(["connect-failed"]);
    await agent.clock.advance(10_000);
    expect(failures).toHaveLength(2);
    expect(agent.client.status.state).toBe("online");
  });

  it("numbers the attempts from the start, and anew after a good connection", async () => {
    await using agent = createScriptedClient();
    const statuses = recordStatuses(agent.client);
    agent.server.refuseNext(...refusals(2));
    await agent.client.start();
    await agent.clock.advance(10_000);
    agent.session.close();
    await agent.clock.advance(1000);
    const numbers = statuses.flatMap((status) =>
      "attempt" in status ? [`${status.state} ${status.attempt}`] : [],
    );
    expect(numbers).toEqual([
      "connecting 1",
      "backing-off 2",
      "connecting 2",
      "backing-off 3",
      "connecting 3",
      "backing-off 1",
      "connecting 1",
    ]);
  });

  it("walks through every state from start to stop", async () => {
    await using agent = createScriptedClient();
    const statuses = recordStatuses(agent.client);
    agent.server.refuseNext(refused());
    await agent.client.start();
    await agent.clock.advance(1000);
    await agent.client.stop();
    await agent.clock.settle();
    expect(stateNames(statuses)).toEqual([
      "idle",
      "connecting",
      "backing-off",
      "connecting",
      "online",
      "stopping",
      "stopped",
    ]);
  });

  it("refuses a second start, in every state, and stays as it is", async () => {
    await using agent = createScriptedClient();
    agent.server.refuseNext(refused());
    const refusedStart = { code: "invalid-state" };
    await agent.client.start();
    await expect(agent.client.start()).rejects.toMatchObject(refusedStart);
    await agent.clock.settle();
    await expect(agent.client.start()).rejects.toMatchObject(refusedStart);
    await agent.clock.advance(1000);
    await expect(agent.client.start()).rejects.toMatchObject(refusedStart);
    expect(agent.client.status.state).toBe("online");
    await agent.client.stop();
    await expect(agent.client.start()).rejects.toMatchObject(refusedStart);
    await agent.clock.advance(60_000);
    expect(agent.server.attempts).toBe(2);
  });

  it("can be started after a start that the settings did not allow", async () => {
    await using agent = createScriptedClient({ capabilities: ["ReportsHealth"] });
    await expect(agent.client.start()).rejects.toThrow(OpAMPError);
    expect(agent.client.status.state).toBe("idle");
    agent.client.setHealth({ healthy: true });
    await agent.client.start();
    await agent.clock.settle();
    expect(agent.client.status.state).toBe("online");
  });
});

it("does without the lines of a logger that throws [L-07]", async () => {
  const broken = (): never => {
    throw new Error("disk full");
  };
  await using agent = await startScriptedClient({
    logger: { debug: broken, info: broken, warn: broken, error: broken },
  });
  expect(agent.client.status.state).toBe("online");
  await agent.stop();
  expect(agent.client.status.state).toBe("stopped");
});

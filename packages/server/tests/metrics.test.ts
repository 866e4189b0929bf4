import { createAgentTracker, createOpAMPServer, reject } from "@opamp/server";
import { observeAnswers, observeServer, observeTracker } from "@opamp/server/metrics";
import { eventually } from "@opamp/test-kit";
import type { Histogram } from "@opentelemetry/sdk-metrics";
import { expect, it } from "vitest";
import { createCollectedMetrics } from "./_util/collected-metrics.ts";
import { pollMessage, post } from "./_util/http-agent.ts";
import { connectAgent } from "./_util/raw-agent.ts";
import { startServer } from "./_util/test-server.ts";

it("reports what a server does as metrics of OpenTelemetry", async () => {
  await using running = await startServer({
    callbacks: {
      onConnecting: ({ headers }) => (headers["x-refuse"] ? reject(429) : { accept: true }),
      onMessage(_, { customMessage }) {
        if (customMessage) throw new Error("no database");
      },
    },
  });
  await using metrics = createCollectedMetrics();
  observeServer(running.server, metrics.meter);
  await using agent = await connectAgent(running.wsUrl);
  await agent.ask();
  await agent.ask({ customMessage: { capability: "com.example" } });
  await post(running.httpUrl, pollMessage().body);
  await post(running.httpUrl, Uint8Array.of(255));
  await post(running.httpUrl, pollMessage().body, { headers: { "x-refuse": "1" } });
  await eventually(() => expect(running.server.stats().http.open).toBe(0));
  const { bytesReceived, bytesSent } = running.server.stats().websocket;
  const collected = await metrics.collect();
  expect(collected).toMatchObject({
    "opamp.server.connection.count": { "opamp.transport=websocket": 1, "opamp.transport=http": 0 },
    "opamp.server.connection.opened": { "opamp.transport=websocket": 1, "opamp.transport=http": 2 },
    "opamp.server.connection.closed": { "opamp.close.cause=answered opamp.transport=http": 2 },
    "opamp.server.connection.refused": {
      "opamp.refusal.reason=application opamp.transport=http": 1,
    },
    "opamp.server.handshake.count": { "": 0 },
    "opamp.server.agent.count": { "": 1 },
    "opamp.server.message.received": { "opamp.transport=websocket": 2, "opamp.transport=http": 1 },
    "opamp.server.message.unreadable": {
      "opamp.transport=websocket": 0,
      "opamp.transport=http": 1,
    },
    "opamp.server.message.sent": { "opamp.transport=websocket": 2, "opamp.transport=http": 1 },
    "opamp.server.message.unsent": { "opamp.transport=websocket": 0, "opamp.transport=http": 0 },
    "opamp.server.receive_queue.size": { "": 0 },
    "opamp.server.send_queue.size": { "": 0 },
    "opamp.server.send_queue.usage": { "": 0 },
    "opamp.server.callback.failed": { "opamp.callback.name=onMessage": 1 },
  });
  expect(collected["opamp.server.message.io"]).toMatchObject({
    "network.io.direction=receive opamp.transport=websocket": bytesReceived,
    "network.io.direction=transmit opamp.transport=websocket": bytesSent,
  });
  expect(metrics.units).toMatchObject({
    "opamp.server.connection.count": "{connection}",
    "opamp.server.message.io": "By",
  });
});

it("reads the statistics once for each collection, and not at all when stopped", async () => {
  await using metrics = createCollectedMetrics();
  const server = createOpAMPServer();
  let reads = 0;
  const counted = Object.assign(Object.create(server), {
    stats() {
      reads += 1;
      return server.stats();
    },
  });
  const stop = observeServer(counted, metrics.meter);
  await metrics.collect();
  await metrics.collect();
  stop();
  await metrics.collect();
  expect(reads).toBe(2);
});

it("reports the agents of a tracker by how they are reached", async () => {
  await using tracker = createAgentTracker({
    onEvent({ type }) {
      if (type === "agent-appeared") throw new Error("no database");
    },
  });
  await using running = await startServer({ callbacks: tracker.callbacks });
  await using metrics = createCollectedMetrics();
  observeTracker(tracker, metrics.meter);
  await using agent = await connectAgent(running.wsUrl);
  await agent.ask();
  await using leaving = await connectAgent(running.wsUrl);
  await leaving.ask();
  leaving.webSocket.close();
  await post(running.httpUrl, pollMessage().body);
  await eventually(() => expect(tracker.stats().agents.gone).toBe(1));
  expect(await metrics.collect()).toEqual({
    "opamp.tracker.agent.count": {
      "opamp.agent.presence=connected": 1,
      "opamp.agent.presence=silent": 0,
      "opamp.agent.presence=polling": 1,
      "opamp.agent.presence=gone": 1,
    },
    "opamp.tracker.callback.failed": { "opamp.callback.name=onEvent": 3 },
  });
});

it("measures answers only as long as somebody wants to know", async () => {
  await using running = await startServer();
  await using metrics = createCollectedMetrics();
  await using agent = await connectAgent(running.wsUrl);
  await agent.ask();
  const stop = observeAnswers(metrics.meter);
  await agent.ask();
  await post(running.httpUrl, pollMessage().body);
  await eventually(async () => {
    const durations = (await metrics.collect())["opamp.server.answer.duration"] ?? {};
    const counts = Object.entries(durations).map(([series, value]) => [
      series,
      (value as Histogram).count,
    ]);
    expect(Object.fromEntries(counts)).toEqual({
      "opamp.transport=websocket": 1,
      "opamp.transport=http": 1,
    });
  });
  stop();
  await agent.ask();
  const durations = (await metrics.collect())["opamp.server.answer.duration"] ?? {};
  expect(durations["opamp.transport=websocket"]).toMatchObject({ count: 1 });
});

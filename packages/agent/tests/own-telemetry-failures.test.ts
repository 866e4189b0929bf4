import { AsyncLocalStorage } from "node:async_hooks";
import { spawnSync } from "node:child_process";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { join } from "node:path";
import { eventually } from "@opamp/test-kit";
import { type Context, context, metrics, ROOT_CONTEXT, trace } from "@opentelemetry/api";
import { isTracingSuppressed } from "@opentelemetry/core";
import { describe, expect, it } from "vitest";
import { createLoggedLines } from "./_util/logged-lines.ts";
import { NO_ANSWER, startOtlpReceiver } from "./_util/otlp-receiver.ts";
import { temporaryDirectory } from "./_util/state-directory.ts";
import { startTelemetryAgent, type TelemetryAgent } from "./_util/telemetry-agent.ts";

/** Lets time pass until something is so. */
function inTime(agent: TelemetryAgent, check: () => void): Promise<void> {
  return eventually(async () => {
    await agent.clock.advance(1000);
    check();
  });
}

async function closedUrl(): Promise<string> {
  await using receiver = await startOtlpReceiver();
  return receiver.url("metrics");
}

function telemetryLines({ lines }: { readonly lines: readonly string[] }): readonly string[] {
  return lines.filter((line) => line.includes(" own_"));
}

describe("own telemetry whose destination is away", () => {
  it("disturbs nobody, is told once, and comes back by itself", async () => {
    const logger = createLoggedLines();
    await using agent = await startTelemetryAgent({ logger });
    await using receiver = await startOtlpReceiver();
    receiver.answer = { status: 500 };
    await agent.offerUrl("metrics", receiver.url("metrics"));
    await inTime(agent, () => expect(receiver.requests.length).toBeGreaterThan(2));
    const host = new URL(receiver.url("metrics")).host;
    expect(telemetryLines(logger)).toEqual([
      `warn own_metrics to ${host} is not delivered: the server answered with status 500`,
    ]);
    expect(agent.errors).toEqual([]);
    expect(agent.agent.client.status.state).toBe("online");
    receiver.answer = { status: 200 };
    await inTime(agent, () => expect(telemetryLines(logger)).toHaveLength(2));
    expect(telemetryLines(logger)[1]).toBe(`info own_metrics to ${host} is delivered again`);
  });

  it("is tried again after what is temporary, not sooner than the destination asks", async () => {
    await using receiver = await startOtlpReceiver();
    await using agent = await startTelemetryAgent();
    receiver.answer = { status: 503, headers: { "retry-after": "7" } };
    await agent.offerUrl("metrics", receiver.url("metrics"));
    await agent.clock.advance(10_000);
    await eventually(() => expect(receiver.requests).toHaveLength(1));
    receiver.answer = { status: 200 };
    await eventually(() => expect(agent.clock.nextTimerMs).toBe(7000));
    await agent.clock.advance(6999);
    expect(receiver.requests).toHaveLength(1);
    await agent.clock.advance(1);
    await eventually(() => expect(receiver.requests).toHaveLength(2));
    expect(receiver.requests[1]?.metrics).toEqual(receiver.requests[0]?.metrics);
  });

  it("gives up what nobody takes, and holds the end of the agent up no longer than it says", async () => {
    const url = await closedUrl();
    const logger = createLoggedLines();
    const agent = await startTelemetryAgent({ logger });
    await agent.offerUrl("metrics", url);
    await inTime(agent, () => expect(telemetryLines(logger)).toHaveLength(1));
    expect(telemetryLines(logger)[0]).toContain("ECONNREFUSED");
    await agent.stop();
    expect(agent.clock.pendingTimers).toBe(0);
  });

  it("is left when the agent stops, also when it never answers", async () => {
    await using receiver = await startOtlpReceiver();
    receiver.answer = { status: NO_ANSWER };
    const agent = await startTelemetryAgent();
    for (const signal of ["metrics", "traces", "logs"] as const) {
      await agent.offerUrl(signal, receiver.url(signal));
    }
    agent.agent.ownTelemetry?.tracerProvider?.getTracer("edge").startSpan("job").end();
    agent.agent.ownTelemetry?.loggerProvider?.getLogger("edge").emit({ body: "line" });
    const stopped = agent.agent.stop();
    await eventually(() => expect(receiver.requests).toHaveLength(3));
    await agent.clock.advance(5000);
    await stopped;
    await eventually(() => expect(receiver.openConnections).toBe(0));
    expect(agent.clock.pendingTimers).toBe(0);
  });

  it("does not tell of its logs in its logs", async () => {
    const logger = createLoggedLines();
    await using receiver = await startOtlpReceiver();
    receiver.answer = { status: 400 };
    await using agent = await startTelemetryAgent({ logger });
    await agent.offerUrl("logs", receiver.url("logs"));
    const own = agent.agent.ownTelemetry?.loggerProvider?.getLogger("edge");
    for (const body of ["one", "two"]) {
      const before = receiver.requests.length;
      own?.emit({ body });
      await eventually(() => expect(receiver.requests.length).toBeGreaterThan(before));
    }
    const bodies = receiver.requests.flatMap(({ logs }) => logs.map((log) => String(log.body)));
    expect(bodies.filter((body) => body.includes("own_"))).toEqual([]);
    await eventually(() => expect(telemetryLines(logger)).toHaveLength(1));
  });

  it("follows no redirect [L-04]", async () => {
    const logger = createLoggedLines();
    await using other = await startOtlpReceiver();
    await using receiver = await startOtlpReceiver();
    receiver.answer = { status: 307, headers: { location: other.url("metrics") } };
    await using agent = await startTelemetryAgent({ logger });
    await agent.offerUrl("metrics", receiver.url("metrics"));
    await inTime(agent, () => expect(telemetryLines(logger)).toHaveLength(1));
    expect(other.requests).toEqual([]);
  });
});

describe("own telemetry and the rest of the program", () => {
  it("registers nothing with the OpenTelemetry API", async () => {
    const before = [metrics.getMeterProvider(), trace.getTracerProvider()];
    await using receiver = await startOtlpReceiver();
    await using agent = await startTelemetryAgent();
    await agent.offerUrl("metrics", receiver.url("metrics"));
    expect(metrics.getMeterProvider()).toBe(before[0]);
    expect(trace.getTracerProvider()).toBe(before[1]);
    expect(trace.getTracer("program").startSpan("span").isRecording()).toBe(false);
  });

  it("is left out by a program that traces its requests", async () => {
    const storage = new AsyncLocalStorage<Context>();
    context.setGlobalContextManager({
      active: () => storage.getStore() ?? ROOT_CONTEXT,
      with: (active, call, self, ...args) => storage.run(active, () => call.apply(self, args)),
      bind: (_active, target) => target,
      enable: () => context as never,
      disable: () => context as never,
    });
    const suppressed: boolean[] = [];
    const onRequest = (): void => void suppressed.push(isTracingSuppressed(context.active()));
    subscribe("http.client.request.created", onRequest);
    try {
      await using receiver = await startOtlpReceiver();
      await using agent = await startTelemetryAgent();
      for (const signal of ["metrics", "traces", "logs"] as const) {
        await agent.offerUrl(signal, receiver.url(signal));
      }
      agent.agent.ownTelemetry?.tracerProvider?.getTracer("edge").startSpan("job").end();
      agent.agent.ownTelemetry?.loggerProvider?.getLogger("edge").emit({ body: "line" });
      await agent.clock.advance(10_000);
      await eventually(() => expect(receiver.requests).toHaveLength(3));
      expect(suppressed).toEqual([true, true, true]);
    } finally {
      unsubscribe("http.client.request.created", onRequest);
      context.disable();
    }
  });

  it("takes metrics and spans of the program along [C-131]", async () => {
    await using receiver = await startOtlpReceiver();
    await using agent = await startTelemetryAgent();
    const { meterProvider, tracerProvider } = agent.agent.ownTelemetry ?? {};
    meterProvider?.getMeter("edge").createCounter("edge.jobs").add(3);
    await agent.offerUrl("metrics", receiver.url("metrics"));
    await agent.offerUrl("traces", receiver.url("traces"));
    tracerProvider?.getTracer("edge").startSpan("job").end();
    await agent.clock.advance(10_000);
    await eventually(() => expect(receiver.requests).toHaveLength(2));
    const jobs = receiver.requests
      .flatMap((one) => one.metrics)
      .find(({ name }) => name === "edge.jobs");
    expect(jobs?.points).toEqual([{ value: 3, attributes: {} }]);
    expect(receiver.requests.flatMap(({ spans }) => spans.map(({ name }) => name))).toEqual([
      "job",
    ]);
  });

  it("sends none of the headers that the program's own exporters have from the environment", async () => {
    process.env.OTEL_EXPORTER_OTLP_HEADERS = "x-api-key=secret";
    try {
      await using receiver = await startOtlpReceiver();
      await using agent = await startTelemetryAgent();
      await agent.offerUrl("metrics", receiver.url("metrics"));
      await agent.clock.advance(10_000);
      await eventually(() => expect(receiver.requests).toHaveLength(1));
      expect(receiver.requests[0]?.headers).not.toHaveProperty("x-api-key");
    } finally {
      delete process.env.OTEL_EXPORTER_OTLP_HEADERS;
    }
  });

  it.each(["@opentelemetry/sdk-trace", "@opentelemetry/otlp-transformer"])(
    "is refused where %s is missing, saying what to install",
    (missing) => {
      const program = join(import.meta.dirname, "_util", "without-sdk-program.ts");
      const { stdout, stderr } = spawnSync(
        process.execPath,
        ["--conditions=@opamp/source", program, temporaryDirectory(), missing],
        { encoding: "utf8", timeout: 20_000 },
      );
      expect(stderr).toBe("");
      expect(stdout).toMatch(
        /^invalid-argument ownTelemetry needs .*npm install @opentelemetry\/api /,
      );
      expect(stdout).toContain(missing);
    },
  );
});

import { attributesFromKeyValues, describeThrown } from "@opamp/protocol";
import { eventually } from "@opamp/test-kit";
import * as conventions from "@opentelemetry/semantic-conventions/incubating";
import { describe, expect, it } from "vitest";
import type { SignalName } from "./_util/otlp-messages.ts";
import { type OtlpReceiver, type OtlpRequest, startOtlpReceiver } from "./_util/otlp-receiver.ts";
import { startTelemetryAgent, type TelemetryAgent } from "./_util/telemetry-agent.ts";

/** Waits for the newest request of a signal that has something in it. */
function received(receiver: OtlpReceiver, signal: SignalName): Promise<OtlpRequest> {
  return eventually(() => {
    const last = receiver.requests.findLast((request) => request.signal === signal);
    if (last === undefined) throw new Error(`no ${signal} yet`);
    return last;
  });
}

const applies = { remoteConfig: { apply() {} } };
const failsToApply = {
  remoteConfig: {
    apply() {
      throw new Error("cannot run with that");
    },
  },
};

function descriptionOf(agent: TelemetryAgent): Record<string, unknown> {
  const said = agent.messages.findLast((message) => message.agentDescription)?.agentDescription;
  return {
    ...attributesFromKeyValues(said?.nonIdentifyingAttributes ?? []),
    ...attributesFromKeyValues(said?.identifyingAttributes ?? []),
  };
}

describe("own telemetry", () => {
  it("sends metrics every 10 s to the offered URL, as OTLP over HTTP in protobuf [C-129 C-130 C-137]", async () => {
    await using receiver = await startOtlpReceiver();
    await using agent = await startTelemetryAgent();
    await agent.offerDestination("metrics", {
      destinationEndpoint: `${receiver.url("metrics")}?tenant=a`,
      headers: { headers: [{ key: "Authorization", value: "Bearer secret" }] },
    });
    expect(agent.outcomes).toEqual(["1 APPLIED"]);
    await agent.clock.advance(9_999);
    expect(receiver.requests).toEqual([]);
    await agent.clock.advance(1);
    const first = await received(receiver, "metrics");
    expect(first.path).toBe("/v1/metrics?tenant=a");
    expect(first.headers).toMatchObject({
      authorization: "Bearer secret",
      "content-type": "application/x-protobuf",
    });
    await agent.clock.advance(10_000);
    await eventually(() => expect(receiver.requests).toHaveLength(2));
  });

  it("has metrics of the process by the conventions, names, units and kinds [C-131 C-132]", async () => {
    await using receiver = await startOtlpReceiver();
    await using agent = await startTelemetryAgent({ ownTelemetry: { metricIntervalMs: 500 } });
    await agent.offerUrl("metrics", receiver.url("metrics"));
    await agent.clock.advance(500);
    const { metrics } = await received(receiver, "metrics");
    const known: readonly unknown[] = Object.values(conventions);
    const keys = new Set(
      metrics.flatMap(({ points }) => points.flatMap((p) => Object.keys(p.attributes))),
    );
    expect(metrics.map(({ name }) => name).filter((name) => !known.includes(name))).toEqual([]);
    expect([...keys].filter((key) => !known.includes(key))).toEqual([]);
    const process = metrics.filter(({ name }) => name.startsWith("process."));
    expect(process.map(({ name, unit, kind }) => `${name} ${unit} ${kind}`).sort()).toEqual([
      "process.context_switches {context_switch} counter",
      "process.cpu.time s counter",
      "process.memory.usage By updowncounter",
      "process.paging.faults {fault} counter",
      "process.uptime s gauge",
    ]);
    const memory = process.find(({ name }) => name === "process.memory.usage");
    expect(memory?.points[0]?.value).toBeGreaterThan(1_000_000);
  });

  it("has a span for each config that is applied, with the error of one that is not [C-133]", async () => {
    await using receiver = await startOtlpReceiver();
    await using agent = await startTelemetryAgent(failsToApply);
    await agent.offerUrl("traces", receiver.url("traces"));
    await agent.offer("text", "one");
    const { spans, path } = await received(receiver, "traces");
    expect(path).toBe("/v1/traces");
    expect(spans).toMatchObject([
      {
        name: "opamp.remote_config.apply",
        attributes: {
          "opamp.remote_config.hash": Buffer.from("one").toString("hex"),
          "opamp.remote_config.reason": "offered",
        },
        status: { code: 2, message: "cannot run with that" },
      },
    ]);
  });

  it("has what the agent logs, with its severity [C-133]", async () => {
    await using receiver = await startOtlpReceiver();
    const lines: string[] = [];
    const log = (line: string): void => void lines.push(line);
    await using agent = await startTelemetryAgent({
      ...applies,
      logger: { debug: log, info: log, warn: log, error: log },
    });
    await agent.offerUrl("logs", receiver.url("logs"));
    await agent.tell({ remoteConfig: {} });
    agent.agent.ownTelemetry?.loggerProvider?.getLogger("edge").emit({ body: "of the program" });
    const { logs, path } = await received(receiver, "logs");
    expect(path).toBe("/v1/logs");
    expect(logs.map(({ body }) => body)).toContain("of the program");
    for (const { body, severityText, severityNumber } of logs) {
      if (body === "of the program") continue;
      expect(lines).toContain(body);
      expect({ DEBUG: 5, INFO: 9, WARN: 13, ERROR: 17 }[severityText]).toBe(severityNumber);
    }
  });

  it("says of every signal what the server is told of the agent, also when that changes [C-84 C-134 C-135 C-255 C-257]", async () => {
    await using receiver = await startOtlpReceiver();
    await using agent = await startTelemetryAgent({
      ...applies,
      description: {
        serviceName: "edge",
        serviceVersion: "1.4.2",
        attributes: { zones: ["a", 2n] },
      },
    });
    const check = async (): Promise<void> => {
      receiver.forget();
      await agent.offer("text", `${Math.random()}`);
      agent.agent.ownTelemetry?.loggerProvider?.getLogger("edge").emit({ body: "line" });
      await agent.clock.advance(10_000);
      for (const signal of ["metrics", "traces", "logs"] as const) {
        const { resources } = await received(receiver, signal);
        expect(resources).toEqual([descriptionOf(agent)]);
      }
    };
    for (const signal of ["metrics", "traces", "logs"] as const) {
      await agent.offerUrl(signal, receiver.url(signal));
    }
    await check();
    await agent.tell({ agentIdentification: { newInstanceUid: new Uint8Array(16).fill(0x77) } });
    expect(descriptionOf(agent)["service.instance.id"]).toBe(agent.agent.instanceUid);
    await check();
    agent.agent.client.setAgentDescription({ identifyingAttributes: { "service.name": "core" } });
    await agent.clock.settle();
    await check();
    expect(descriptionOf(agent)).toEqual({ "service.name": "core" });
  });

  it("tells two agents of one service apart by what identifies them [C-85]", async () => {
    await using receiver = await startOtlpReceiver();
    const description = { serviceName: "edge", serviceVersion: "1.4.2" };
    const identities: string[] = [];
    for (let agents = 0; agents < 2; agents += 1) {
      await using agent = await startTelemetryAgent({ ...applies, description });
      await agent.offerUrl("traces", receiver.url("traces"));
      await agent.offer("text", "one");
      const { resources } = await received(receiver, "traces");
      const said = agent.messages.findLast((message) => message.agentDescription);
      const keys = said?.agentDescription?.identifyingAttributes.map(({ key }) => key) ?? [];
      identities.push(JSON.stringify(keys.map((key) => resources[0]?.[key])));
      receiver.forget();
    }
    expect(new Set(identities).size).toBe(2);
    for (const identity of identities) expect(identity).toContain('"edge"');
  });

  it("goes on to the same destination while nothing else is offered [C-109 C-110]", async () => {
    await using receiver = await startOtlpReceiver();
    await using agent = await startTelemetryAgent(applies);
    await agent.offerUrl("traces", receiver.url("traces"));
    await agent.offer("text", "one");
    await received(receiver, "traces");
    await agent.offerUrl("metrics", receiver.url("metrics"));
    await agent.offerUrl("traces", receiver.url("traces"));
    await agent.tell({});
    await agent.offer("text", "two");
    await eventually(() => expect(receiver.requests).toHaveLength(2));
    expect(agent.outcomes).toEqual(["1 APPLIED", "2 APPLIED", "3 APPLIED"]);
    expect(receiver.connections).toBe(1);
  });

  it("moves to another destination, and sends to the one before what was meant for it", async () => {
    await using before = await startOtlpReceiver();
    await using after = await startOtlpReceiver();
    await using agent = await startTelemetryAgent(applies);
    for (const signal of ["metrics", "traces"] as const) {
      await agent.offerUrl(signal, before.url(signal));
    }
    await agent.offer("text", "one");
    for (const signal of ["metrics", "traces"] as const) {
      await agent.offerUrl(signal, after.url(signal));
    }
    await agent.offer("text", "two");
    await agent.clock.advance(10_000);
    for (const signal of ["metrics", "traces"] as const) await received(after, signal);
    await eventually(() => expect(before.openConnections).toBe(0));
    expect(before.requests.map(({ signal }) => signal).sort()).toEqual(["metrics", "traces"]);
    const hashes = [before, after].map(({ requests }) =>
      requests.flatMap(({ spans }) =>
        spans.map((span) => span.attributes["opamp.remote_config.hash"]),
      ),
    );
    expect(hashes).toEqual([
      [Buffer.from("one").toString("hex")],
      [Buffer.from("two").toString("hex")],
    ]);
  });

  it("stops when the server names no destination any more, and starts again at another", async () => {
    await using receiver = await startOtlpReceiver();
    await using agent = await startTelemetryAgent();
    await agent.offerUrl("metrics", receiver.url("metrics"));
    await agent.clock.advance(10_000);
    await eventually(() => expect(receiver.requests).toHaveLength(1));
    await agent.offerDestination("metrics", {});
    await eventually(() => expect(receiver.openConnections).toBe(0));
    const sent = receiver.requests.length;
    await agent.clock.advance(60_000);
    expect(receiver.requests).toHaveLength(sent);
    await agent.offerUrl("metrics", receiver.url("metrics"));
    await agent.clock.advance(10_000);
    await eventually(() => expect(receiver.requests).toHaveLength(sent + 1));
    expect(agent.outcomes).toEqual(["1 APPLIED", "2 APPLIED", "3 APPLIED"]);
  });

  it("goes on after a restart without being offered a destination again [C-109]", async () => {
    await using receiver = await startOtlpReceiver();
    const first = await startTelemetryAgent();
    await first.offerUrl("metrics", receiver.url("metrics"));
    await first.stop();
    receiver.forget();
    await using next = await startTelemetryAgent({ stateDirectory: first.stateDirectory });
    await next.clock.advance(10_000);
    await eventually(() => expect(receiver.requests).toHaveLength(1));
    expect(receiver.requests[0]?.resources).toEqual([descriptionOf(next)]);
  });

  it("takes a whole offer or nothing of it [C-128]", async () => {
    await using receiver = await startOtlpReceiver();
    await using agent = await startTelemetryAgent(applies);
    await agent.offerSettings({
      ownMetrics: { destinationEndpoint: receiver.url("metrics") },
      ownTraces: { destinationEndpoint: "grpc://127.0.0.1:4317" },
    });
    expect(agent.outcomes).toEqual([
      "1 FAILED own_traces: destination_endpoint: is not an http: or https: URL",
    ]);
    await agent.clock.advance(20_000);
    expect(receiver.requests).toEqual([]);
  });

  it("sends what is left when the agent stops", async () => {
    await using receiver = await startOtlpReceiver();
    await using agent = await startTelemetryAgent(applies);
    for (const signal of ["metrics", "traces", "logs"] as const) {
      await agent.offerUrl(signal, receiver.url(signal));
    }
    await agent.offer("text", "one");
    agent.agent.ownTelemetry?.loggerProvider?.getLogger("edge").emit({ body: "line" });
    await agent.agent.stop();
    const signals = receiver.requests.map(({ signal }) => signal);
    expect(signals.sort()).toEqual(["logs", "metrics", "traces"]);
    expect(agent.clock.pendingTimers).toBe(0);
  });

  it("declares what it is told to, and takes no more [C-64]", async () => {
    await using receiver = await startOtlpReceiver();
    await using agent = await startTelemetryAgent({ ownTelemetry: { traces: false, logs: false } });
    const bits = agent.messages[0]?.capabilities ?? 0n;
    expect(bits & 0xe0n).toBe(0x40n);
    expect(agent.agent.ownTelemetry?.tracerProvider).toBeUndefined();
    await agent.offerUrl("traces", receiver.url("traces"));
    expect(agent.outcomes).toEqual(["1 FAILED the agent accepts none of these"]);
  });

  it.each([
    [{ metricIntervalMs: 0 }, /^ownTelemetry.metricIntervalMs is 0/],
    [{ metric: true } as object, /^ownTelemetry.metric is not an option/],
  ])("refuses settings that make no sense: %o", async (ownTelemetry, problem) => {
    const started = startTelemetryAgent({ ownTelemetry });
    await expect(started.catch(describeThrown)).resolves.toMatch(problem);
  });
});

import { createOpAMPClient, exponentialBackoff } from "@opamp/client";
import { createAgentTracker, createOpAMPServer } from "@opamp/server";
import { createFakeClock, eventually } from "@opamp/test-kit";
import { expect, it } from "vitest";

const capability = "com.example.overload";

it.each([
  ["WebSocket", "ws"],
  ["HTTP", "http"],
] as const)(
  "what a server refuses for lack of room arrives once it has room, over %s [C-222 C-225 L-08 L-18]",
  async (_, scheme) => {
    const clock = createFakeClock();
    const heard: string[] = [];
    const warnings: string[] = [];
    const ignore = (): void => undefined;
    await using tracker = createAgentTracker({
      clock,
      onMessage: (_agent, { customMessage }) => {
        if (customMessage !== undefined) heard.push(customMessage.type);
      },
    });
    await using server = createOpAMPServer({
      clock,
      capabilities: tracker.capabilities,
      customCapabilities: [capability],
      logger: { debug: ignore, info: ignore, error: ignore, warn: (text) => warnings.push(text) },
      callbacks: tracker.callbacks,
      overload: {
        messages: { perSecond: 1 },
        retryAfter: { minMs: 1, maxMs: 1 },
      },
    });
    const { port } = await server.listen({ port: 0, host: "127.0.0.1" });
    await using client = createOpAMPClient({
      serverUrl: `${scheme}://127.0.0.1:${port}/v1/opamp`,
      agentDescription: { identifyingAttributes: { "service.name": "edge" } },
      capabilities: ["ReportsHealth"],
      customCapabilities: [capability],
      health: { healthy: true },
      retry: exponentialBackoff({ initialMs: 10, maxMs: 50 }),
    });
    const known = () => tracker.agent(client.instanceUid);
    await client.start();
    await eventually(() => expect(known()?.parts.health?.healthy).toBe(true));

    client.setHealth({ healthy: false, lastError: "disk full" });
    const delivered = client.sendCustomMessage({ capability, type: "one" });
    await eventually(() => expect(String(warnings)).toContain("refused"));
    expect(known()?.parts.health?.healthy).toBe(true);
    expect(heard).toEqual([]);

    await eventually(
      async () => {
        await clock.advance(1000);
        expect(known()?.parts.health?.lastError).toBe("disk full");
        expect(heard).toEqual(["one"]);
      },
      { timeoutMs: 10_000 },
    );
    await delivered;
    await client.stop();
  },
);

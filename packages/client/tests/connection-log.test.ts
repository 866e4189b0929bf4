import { describe, expect, it } from "vitest";
import { startSwitchingClient } from "./_util/switching-client.ts";

describe("the log of a client", () => {
  it("names the server that is connected to, with the defaults and without the query", async () => {
    const lines: string[] = [];
    const keep = (line: string): void => void lines.push(line);
    await using agent = await startSwitchingClient({
      serverUrl: "ws://old.example.com?token=secret",
      logger: { debug: keep, info: keep, warn: keep, error: keep },
    });
    const outcome = agent.client.switchConnection({ serverUrl: "wss://new.example.com:443/opamp" });
    await agent.clock.advance(60_000);
    expect(await outcome).toMatchObject({ kind: "switched" });
    expect(lines.filter((line) => line.includes("connecting"))).toEqual([
      "OpAMP client is connecting to ws://old.example.com:4320/v1/opamp",
      "OpAMP client is connecting to wss://new.example.com/opamp",
    ]);
  });
});

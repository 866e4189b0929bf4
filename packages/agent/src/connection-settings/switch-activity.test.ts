import { describe, expect, it } from "vitest";
import { Activities } from "../activities.ts";
import { SwitchActivity } from "./switch-activity.ts";

function observed() {
  const lines: string[] = [];
  const activities = new Activities();
  activities.observe({
    begin(name, attributes) {
      lines.push(`${name} ${JSON.stringify(attributes)}`);
      return (error) => lines.push(error instanceof Error ? error.message : "good");
    },
  });
  return { lines, activity: new SwitchActivity(activities) };
}

const url = "wss://new.example.com/v1/opamp?token=secret";

describe("SwitchActivity", () => {
  it("begins and ends once, and holds no more of the address than the host", () => {
    const { lines, activity } = observed();
    activity.begin("0a", url);
    activity.end("0a");
    activity.end("0a", new Error("late"));
    expect(lines).toEqual([
      'opamp.connection_settings.switch {"opamp.connection_settings.hash":"0a","server.address":"new.example.com"}',
      "good",
    ]);
  });

  it("ends with what went wrong, with a newer offer, and with the agent", () => {
    const { lines, activity } = observed();
    activity.begin("0a", url);
    activity.end("0b");
    activity.end("0a", new Error("401"));
    activity.begin("0b", url);
    activity.begin("0c", url);
    activity.stop();
    activity.stop();
    expect(lines.filter((line) => !line.startsWith("opamp"))).toEqual([
      "401",
      "a newer offer has arrived",
      "the agent stops",
    ]);
  });
});

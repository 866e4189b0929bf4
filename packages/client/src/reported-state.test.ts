import { describe, expect, it } from "vitest";
import { ReportedState } from "./reported-state.ts";

const up = { healthy: true };
const down = { healthy: false };

function stateWith(health: object): ReportedState {
  const state = new ReportedState();
  state.set("health", health);
  return state;
}

describe("ReportedState", () => {
  it("is due with what differs from what was sent, and not with what is set back [C-52 C-53]", () => {
    const state = stateWith(up);
    expect(state.dueParts()).toEqual(["health"]);
    state.sent(["health"]);
    expect(state.set("health", down)).toBe(true);
    expect(state.dueParts()).toEqual(["health"]);
    expect(state.set("health", up)).toBe(true);
    expect(state.set("health", { ...up })).toBe(false);
    expect(state.dueParts()).toEqual([]);
  });

  it("makes due again what was set back while a failed message was under way [L-08]", () => {
    const state = stateWith(up);
    state.sent(["health"]);
    state.set("health", down);
    state.set("health", up);
    state.undelivered(["health"]);
    expect(state.dueParts()).toEqual(["health"]);
  });

  it("makes due again what was sent and not confirmed before a loss, and nothing else [C-225]", () => {
    const state = stateWith(up);
    state.set("customCapabilities", { capabilities: [] });
    state.sent(["health"]);
    state.answered();
    state.sent(["customCapabilities"]);
    state.connectionLost();
    expect(state.dueParts()).toEqual(["customCapabilities"]);
  });

  it("takes an answer for that to the oldest message, and for no later one [C-225 L-08]", () => {
    const state = stateWith(up);
    state.set("customCapabilities", { capabilities: [] });
    state.sent(["customCapabilities"]);
    state.sent(["health"]);
    state.answered();
    state.connectionLost();
    expect(state.dueParts()).toEqual(["health"]);
    state.answered();
    state.sent(["health"]);
    state.connectionLost();
    expect(state.dueParts()).toEqual(["health"]);
  });

  it("keeps due what changed while a message was turned down [C-217]", () => {
    const state = stateWith(up);
    state.sent(["health"]);
    state.set("health", down);
    state.confirm(["health"]);
    expect(state.dueParts()).toEqual(["health"]);
    state.sent(["health"]);
    state.confirm(["health"]);
    state.connectionLost();
    expect(state.dueParts()).toEqual([]);
  });

  it("withholds a part until it changes or is asked for [C-09 C-57]", () => {
    const state = stateWith(up);
    state.withhold("health");
    state.connectionLost();
    expect(state.dueParts()).toEqual([]);
    state.requestAll();
    expect(state.dueParts()).toEqual(["health"]);
  });

  it("names due parts in the order of their fields, and none without a value [C-54]", () => {
    const state = new ReportedState();
    state.set("connectionSettingsStatus", {});
    state.set("agentDescription", {});
    state.request("packageStatuses");
    expect(state.dueParts()).toEqual(["agentDescription", "connectionSettingsStatus"]);
  });
});

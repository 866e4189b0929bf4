import { NotSupportedError } from "@opamp/conformance";
import { expect, it } from "vitest";
import { type ClientTraits, possibleSettings } from "./client-traits.ts";

const traits: ClientTraits = {
  settings: ["headers"],
  capabilities: ["ReportsStatus", "AcceptsRemoteConfig"],
  reports: [],
  told: [],
  makesUid: true,
};
const serverUrl = "ws://127.0.0.1/v1/opamp";

it("gives a client what it can be given of what a case wishes for", () => {
  const wishes = { headers: { a: "b" }, customCapabilities: ["org.example"] };

  const settings = possibleSettings({ serverUrl, wishes }, traits);

  expect(settings).toEqual({ serverUrl, headers: { a: "b" }, capabilities: [] });
});

it.each([
  { customCapabilities: ["org.example"] },
  { capabilities: ["ReportsHealth"] as const },
  { wishes: { capabilities: ["ReportsHealth"] as const } },
])("refuses what a client cannot be given or declare: %o", (needed) => {
  expect(() => possibleSettings({ serverUrl, ...needed }, traits)).toThrow(NotSupportedError);
});

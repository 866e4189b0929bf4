import { describe, expect, it } from "vitest";
import { resolveSettings as resolveClientSettings } from "../packages/client/src/resolve-settings.ts";
import { resolveSettings as resolveServerSettings } from "../packages/server/src/resolve-settings.ts";
import { interfacesOfPage, optionsOfInterface, withOptionTables } from "./lib/option-tables.ts";
import { readSource } from "./lib/source-imports.ts";

const page = readSource("docs/limits-and-timeouts.md");

/** What looks like options by its name, and is content of the protocol, or for tests and tools. */
const notOptions = [
  "AgentDescriptionSettings",
  "ConnectOptions",
  "ConnectionSettings",
  "DuplicatePolicy",
  "FromResourceOptions",
  "MemoryTransportOptions",
  "OfferOptions",
  "OfferedConnectionSettings",
  "RemoteConfigOptions",
  "WholeConnectionSettings",
];

/** Where another page has the whole story: settings that are functions, or made of other tables. */
const elsewhere = ["CommandSettings", "ConnectionOptions"];

function exportedOptions(): string[] {
  const indexes = ["client", "server", "agent"].map((name) => `packages/${name}/src/index.ts`);
  const names = indexes.flatMap((file) => readSource(file).match(/\b[A-Z]\w+\b/g) ?? []);
  return [...new Set(names)].filter((name) =>
    /(Settings|Options|Limits|Timeouts|Policy)$/.test(name),
  );
}

/** The numbers that are documented as defaults. */
function documentedNumbers(file: string, name: string): Record<string, number> {
  const options = optionsOfInterface(readSource(file), name);
  return Object.fromEntries(
    options.flatMap(({ name: option, type, defaultValue = "" }) =>
      type === "number" ? [[option, Number.parseInt(defaultValue, 10)]] : [],
    ),
  );
}

describe("the page of limits and timeouts", () => {
  it("says what the docstrings say; `npm run generate` writes it anew", () => {
    expect(page).toBe(withOptionTables(page, readSource));
  });

  it("has a table for every interface of options that is exported", () => {
    const known = [...interfacesOfPage(page), ...notOptions, ...elsewhere, "RetryPolicy"];
    expect(exportedOptions().filter((name) => !known.includes(name))).toEqual([]);
  });

  it("has the defaults that the client works with", () => {
    const serverUrl = "ws://localhost";
    const agentDescription = { identifyingAttributes: { "service.name": "edge" } };
    const resolved = resolveClientSettings({ serverUrl, agentDescription });
    const file = "packages/client/src/settings.ts";
    expect(documentedNumbers(file, "ClientLimits")).toEqual(resolved.limits);
    expect(documentedNumbers(file, "ClientTimeouts")).toEqual(resolved.timeouts);
    expect(documentedNumbers(file, "AgentStartSettings")).toEqual({
      heartbeatIntervalMs: resolved.heartbeatIntervalMs,
    });
    const packages = "packages/client/src/packages/packages-options.ts";
    expect(resolved.packages).toMatchObject(documentedNumbers(packages, "PackagesOptions"));
  });

  it("has the defaults that the server works with", () => {
    const resolved = resolveServerSettings({});
    const file = "packages/server/src/settings.ts";
    expect(documentedNumbers(file, "ServerLimits")).toEqual(resolved.limits);
    expect(documentedNumbers(file, "ServerTimeouts")).toEqual(resolved.timeouts);
  });
});

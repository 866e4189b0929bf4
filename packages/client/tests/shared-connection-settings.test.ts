import { describe, expect, it } from "vitest";
import {
  createOpAMPClient,
  createSharedConnection,
  type SharedConnection,
  type SharedConnectionOptions,
  type SharedStartSettings,
} from "../src/index.ts";
import { description } from "./_util/scripted-client.ts";
import { createSharedClients } from "./_util/shared-clients.ts";

/** What is not a client's to say where it shares a connection, and what the error has to name. */
const misplaced: readonly (readonly [name: string, settings: object])[] = [
  ["serverUrl", { serverUrl: "ws://localhost" }],
  ["headers", { headers: { a: "b" } }],
  ["tls", { tls: {} }],
  ["proxy", { proxy: { url: "http://localhost" } }],
  ["compression", { compression: true }],
  ["retry", { retry: { delayMs: () => 0 } }],
  ["timeouts", { timeouts: { connectMs: 1 } }],
  ["transport", { transport: {} }],
  ["candidateConnectionSettings.settings", { candidateConnectionSettings: { settings: {} } }],
  ["limits.maxReceiveBytes", { limits: { maxReceiveBytes: 1 } }],
  ["limits.maxRedirects", { limits: { maxRedirects: 1 } }],
  ["callbacks.checkRedirect", { callbacks: { checkRedirect() {} } }],
];

/** What a shared connection does not take. */
const wrong: readonly (readonly [name: string, options: object])[] = [
  ["serverUrl", { serverUrl: "" }],
  ["serverUrl", { serverUrl: "ftp://localhost" }],
  ["limits.maxSendBytes", { limits: { maxSendBytes: 1 } }],
  ["limits.maxQueuedMessages", { limits: { maxQueuedMessages: 1 } }],
  ["limits.maxReceiveBytes", { limits: { maxReceiveBytes: 0 } }],
  ["timeouts.switchMs", { timeouts: { switchMs: 1 } }],
  ["timeouts.connectMs", { timeouts: { connectMs: -1 } }],
  ["logger.info", { logger: { debug() {} } }],
  ["serverURL", { serverURL: "ws://localhost" }],
];

const serverUrl = "ws://localhost";

describe("a client on a shared connection", () => {
  it.each(misplaced)("cannot have %s of its own", (name, settings) => {
    const connection = createSharedConnection({ serverUrl });
    const create = (): unknown =>
      createOpAMPClient({
        connection,
        agentDescription: description,
        ...settings,
      } as SharedStartSettings);
    expect(create).toThrow(
      expect.objectContaining({ code: "invalid-argument", message: expect.stringContaining(name) }),
    );
  });

  it("cannot be made with something else", () => {
    const connection = {} as SharedConnection;
    expect(() => createOpAMPClient({ connection, agentDescription: description })).toThrow(
      expect.objectContaining({
        code: "invalid-argument",
        message: expect.stringContaining("createSharedConnection()"),
      }),
    );
  });

  it("cannot accept settings of the OpAMP connection, now or later", async () => {
    await using shared = createSharedClients();
    const capabilities = ["AcceptsOpAMPConnectionSettings"] as const;
    const refusal = expect.objectContaining({
      code: "invalid-argument",
      message: expect.stringContaining("AcceptsOpAMPConnectionSettings"),
    });
    expect(() => shared.create({ capabilities })).toThrow(refusal);
    const [client] = await shared.start(1);
    expect(() => client?.setCapabilities(capabilities)).toThrow(refusal);
  });

  it("cannot switch to another server", async () => {
    await using shared = createSharedClients();
    const [client] = await shared.start(1);
    await expect(client?.switchConnection({ serverUrl })).rejects.toMatchObject({
      code: "invalid-state",
      message: expect.stringContaining("shared connection"),
    });
    expect(client?.status.state).toBe("online");
  });

  it("needs an interval above 0 where it polls", async () => {
    await using shared = createSharedClients({ pollsForMessages: true });
    expect(() => shared.create({ heartbeatIntervalMs: 0 })).toThrow(
      expect.objectContaining({ message: expect.stringContaining("heartbeatIntervalMs") }),
    );
  });

  it("writes to the log of the connection, unless it has its own [L-07]", async () => {
    const lines: string[] = [];
    const log = (line: string): void => void lines.push(line);
    await using shared = createSharedClients();
    const callbacks = {
      onConnect() {
        throw new Error("boom");
      },
    };
    await shared.start(1, { callbacks });
    expect(shared.warnings.filter((line) => line.includes("boom"))).toHaveLength(1);
    const logger = { debug: log, info: log, warn: log, error: log };
    await shared.start(1, { callbacks, logger });
    expect(shared.warnings.filter((line) => line.includes("boom"))).toHaveLength(1);
    expect(lines.filter((line) => line.includes("boom"))).toHaveLength(1);
  });
});

describe("createSharedConnection", () => {
  it.each(wrong)("names %s when it does not fit: %o", (name, options) => {
    const create = (): unknown =>
      createSharedConnection({ serverUrl, ...options } as SharedConnectionOptions);
    expect(create).toThrow(
      expect.objectContaining({
        code: "invalid-argument",
        message: expect.stringContaining(name === "serverUrl" ? "server URL" : name),
      }),
    );
  });

  it("connects to nothing before a client starts, and again after the last has stopped", async () => {
    await using shared = createSharedClients();
    const client = shared.create();
    await shared.clock.settle();
    expect([shared.server.attempts, shared.connection.clients]).toEqual([0, 0]);
    await client.start();
    await shared.clock.settle();
    await client.stop();
    await shared.start(1);
    expect([shared.server.attempts, shared.connection.clients]).toEqual([2, 1]);
  });
});

import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ConnectionSettingsOffersInit } from "@opamp/protocol";
import { createCertificateAuthority } from "@opamp/test-kit";
import { describe, expect, it } from "vitest";
import { type AgentSettings, type FileSystem, nodeFileSystem } from "../src/index.ts";
import { GIVEN, startSwitchingAgent } from "./_util/switching-agent.ts";

const NEW = "wss://new.example.com/";
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

const opamp = {
  destinationEndpoint: NEW,
  headers: { headers: [{ key: "authorization", value: "Bearer secret-of-the-server" }] },
  heartbeatIntervalSeconds: 7n,
} satisfies ConnectionSettingsOffersInit["opamp"];

const given: Partial<AgentSettings> = {
  connectionSettings: {},
  headers: { authorization: "Bearer secret-of-the-program" },
};

/** A directory of an agent that has switched to the new server. */
async function switchedDirectory(offers: ConnectionSettingsOffersInit = {}): Promise<string> {
  await using first = await startSwitchingAgent(given);
  await first.offer("v1", { opamp, ...offers });
  expect(first.told.at(-1)).toBe("new.example.com APPLIED v1");
  await first.stop();
  return first.stateDirectory;
}

const record = (directory: string): string =>
  readFileSync(join(directory, "connection-settings.json"), "utf8");

describe("an agent that has switched to offered settings", () => {
  it("goes on with them in its next run, and reports their hash at once [C-116 C-149 L-13]", async () => {
    const { cert, key } = await (await createCertificateAuthority()).issueClient("edge");
    const certificate = { cert: utf8(cert), privateKey: utf8(key) };
    const proxy = { url: "http://proxy.example.com:3128" };
    const stateDirectory = await switchedDirectory({ opamp: { ...opamp, certificate, proxy } });
    await using second = await startSwitchingAgent({ ...given, stateDirectory });
    expect(second.told).toEqual(["new.example.com APPLIED v1"]);
    expect(second.settings).toMatchObject({
      serverUrl: NEW,
      headers: { authorization: "Bearer secret-of-the-server" },
      tls: { cert, key },
      proxy,
      heartbeatIntervalMs: 7000,
    });
    await second.offer("v1", { opamp });
    expect(second.told).toHaveLength(1);
  });

  it("keeps what may be secret where only its owner may read it, and out of errors", async () => {
    const stateDirectory = await switchedDirectory();
    const mode = statSync(join(stateDirectory, "connection-settings.json")).mode & 0o777;
    expect(mode.toString(8)).toBe("600");
    expect(record(stateDirectory)).not.toContain("secret-of-the-program");
    const lines: string[] = [];
    const write = (line: string): void => void lines.push(line);
    const logger = { debug: write, info: write, warn: write, error: write };
    await using second = await startSwitchingAgent({
      ...given,
      stateDirectory,
      headers: { authorization: "Bearer other" },
      logger,
    });
    expect(second.errors).toHaveLength(1);
    expect(lines.join()).toContain("another headers");
    expect(lines.join()).not.toMatch(/secret|Bearer/);
  });

  it("keeps trying the stored server when that is away [C-116]", async () => {
    const stateDirectory = await switchedDirectory();
    const refusing = ["new.example.com"];
    await using second = await startSwitchingAgent({ ...given, stateDirectory, refusing });
    await second.clock.advance(3_600_000);
    expect(second.host).toBe("");
    expect(second.agent.client.status.state).not.toBe("stopped");
  });

  it.each<[string, Partial<AgentSettings>]>([
    ["serverUrl", { serverUrl: "wss://edited.example.com" }],
    ["headers", { headers: { authorization: "Bearer another" } }],
    ["tls", { tls: { serverName: "edited.example.com" } }],
    ["proxy", { proxy: { url: "http://edited.example.com" } }],
    ["heartbeatIntervalMs", { heartbeatIntervalMs: 5000 }],
    ["connectionSettings", { connectionSettings: { policy: { minTlsVersion: "TLSv1.3" } } }],
  ])("gives way to an edit of %s by the operator, and says so", async (name, edit) => {
    const stateDirectory = await switchedDirectory();
    await using second = await startSwitchingAgent({ ...given, stateDirectory, ...edit });
    expect(second.host).toBe(new URL(String(edit.serverUrl ?? GIVEN)).hostname);
    expect(second.settings).toMatchObject(edit.connectionSettings ? {} : edit);
    expect(second.told).toEqual([]);
    expect(second.errors).toMatchObject([
      { code: "state-unusable", message: expect.stringContaining(`another ${name} now`) },
    ]);
    expect(readdirSync(stateDirectory)).toContain("connection-settings.json.replaced");
    await second.offer("v1", { opamp });
    expect(second.told.at(-1)).toBe("new.example.com APPLIED v1");
  });

  it("counts headers that are made for each attempt as the same", async () => {
    const headers = (): Record<string, string> => ({ authorization: "old" });
    await using first = await startSwitchingAgent({ ...given, headers });
    await first.offer("v1", { opamp: { heartbeatIntervalSeconds: 9n } });
    await first.stop();
    const { stateDirectory } = first;
    const others = (): Record<string, string> => ({ authorization: "new" });
    await using second = await startSwitchingAgent({ ...given, stateDirectory, headers: others });
    expect(second.errors).toEqual([]);
    expect(second.settings).toMatchObject({ headers: others, heartbeatIntervalMs: 9000 });
    expect(second.told).toEqual(["given.example.com APPLIED v1"]);
  });

  it("starts with the program's settings when the record is damaged, and says so", async () => {
    for (const damage of [
      (text: string) => text.slice(0, -5),
      (text: string) => text.replace('"hash": "7631"', '"hash": "x"'),
      (text: string) => text.replace('"serverUrl": "wss:', '"serverURL": "wss:'),
      (text: string) => text.replace('"tls": {}', '"tls": { "ca": 1 }'),
      (text: string) => text.replace('"state": "applied"', '"state": "done"'),
    ]) {
      const stateDirectory = await switchedDirectory();
      const before = record(stateDirectory);
      expect(damage(before)).not.toBe(before);
      writeFileSync(join(stateDirectory, "connection-settings.json"), damage(before));
      await using second = await startSwitchingAgent({ ...given, stateDirectory });
      expect(second.host).toBe("given.example.com");
      expect(second.errors).toMatchObject([{ code: "state-unusable" }]);
      await second.offer("v1", { opamp });
      expect(second.told.at(-1)).toBe("new.example.com APPLIED v1");
    }
  });

  it("starts with the program's settings when no connection can be made with the stored ones", async () => {
    const stateDirectory = await switchedDirectory();
    const path = join(stateDirectory, "connection-settings.json");
    const ciphers = '"tls": { "ciphers": "NO-SUCH-CIPHER" }';
    writeFileSync(path, record(stateDirectory).replace('"tls": {}', ciphers));
    await using second = await startSwitchingAgent({ ...given, stateDirectory });
    expect(second.told).toEqual(["given.example.com FAILED v1"]);
    expect(second.errors[0]?.message).toContain("cipher");
  });
});

describe("an agent whose switch was interrupted", () => {
  /** Rewrites the record as if the process had been killed before the settings were proven. */
  function unprove(directory: string): void {
    const path = join(directory, "connection-settings.json");
    const { valid, concluded: _concluded, ...rest } = JSON.parse(record(directory));
    writeFileSync(path, JSON.stringify({ ...rest, candidate: valid }));
  }

  it("tries the settings first in its next run, and says how that ended [C-111 C-118 L-14]", async () => {
    for (const [refusing, told] of [
      [[], "new.example.com APPLIED v1"],
      [["new.example.com"], "given.example.com FAILED v1"],
    ] as const) {
      const stateDirectory = await switchedDirectory();
      unprove(stateDirectory);
      await using second = await startSwitchingAgent({ ...given, stateDirectory, refusing });
      expect(second.told.at(-1)).toBe(told);
      await second.stop();
      await using third = await startSwitchingAgent({ ...given, stateDirectory });
      expect(third.told).toEqual([told]);
    }
  });

  it("says FAILED when the operator has edited how the server is reached [L-14]", async () => {
    const stateDirectory = await switchedDirectory();
    unprove(stateDirectory);
    const serverUrl = "wss://edited.example.com/";
    await using second = await startSwitchingAgent({ ...given, stateDirectory, serverUrl });
    expect(second.told).toEqual(["edited.example.com FAILED v1"]);
  });
});

describe("an agent with a full disk", () => {
  /** A disk that takes this many more records. */
  function fillingUp(): { readonly fileSystem: FileSystem; left: number } {
    const disk = {
      left: Number.POSITIVE_INFINITY,
      fileSystem: {
        ...nodeFileSystem,
        write(path: string, content: Uint8Array) {
          disk.left -= 1;
          if (disk.left < 0) throw new Error("ENOSPC: no space left");
          nodeFileSystem.write(path, content);
        },
      },
    };
    return disk;
  }

  it("refuses an offer that it could not remember [C-111 L-14]", async () => {
    const disk = fillingUp();
    await using agent = await startSwitchingAgent({ ...given, fileSystem: disk.fileSystem });
    disk.left = 0;
    await agent.offer("v1", { opamp });
    expect(agent.told).toEqual(["given.example.com FAILED v1"]);
    expect(agent.host).toBe("given.example.com");
  });

  it("stays with settings that proved good, and the next run does, too [C-116 L-14]", async () => {
    const disk = fillingUp();
    await using first = await startSwitchingAgent({ ...given, fileSystem: disk.fileSystem });
    disk.left = 1;
    await first.offer("v1", { opamp });
    expect(first.told.at(-1)).toBe("new.example.com APPLIED v1");
    expect(first.errors.map(({ message }) => message)).toEqual([
      "saveConnectionSettings failed: ENOSPC: no space left",
      "saveConnectionSettingsStatus failed: ENOSPC: no space left",
    ]);
    await first.stop();
    const { stateDirectory } = first;
    await using second = await startSwitchingAgent({ ...given, stateDirectory });
    expect(second.told.at(-1)).toBe("new.example.com APPLIED v1");
  });
});

import { createInstanceUid } from "@opamp/protocol";
import { createFakeClock } from "@opamp/test-kit";
import { describe, expect, it } from "vitest";
import { temporaryDirectory } from "../../tests/_util/state-directory.ts";
import { nodeFileSystem } from "../state/file-system.ts";
import { StateFiles } from "../state/state-files.ts";
import { publicKeyOf } from "./key-pair.ts";
import { OwnKeys } from "./own-keys.ts";

function openKeys(directory: string): {
  readonly keys: OwnKeys;
  readonly damage: readonly string[];
} {
  const damage: string[] = [];
  const files = new StateFiles({
    directory,
    fs: nodeFileSystem,
    clock: createFakeClock(),
    onDamage: ({ message }) => void damage.push(message),
  });
  return { keys: new OwnKeys(files), damage };
}

const p256 = () => ({ instanceUid: createInstanceUid(), keyType: "P-256" }) as const;

describe("own keys", () => {
  it("are made once for a request, and found again after a restart", async () => {
    const directory = temporaryDirectory();
    const wanted = p256();
    const made = await openKeys(directory).keys.forRequest(wanted, undefined);
    const { keys } = openKeys(directory);
    expect(await keys.forRequest(wanted, undefined)).toEqual(made);
    expect(keys.find(publicKeyOf(made.privateKey))).toEqual(made);
  });

  it("are made anew for another uid, another type, and beside the one in use", async () => {
    const { keys } = openKeys(temporaryDirectory());
    const wanted = p256();
    const first = await keys.forRequest(wanted, undefined);
    const inUse = publicKeyOf(first.privateKey);
    const others = [
      await keys.forRequest(wanted, inUse),
      await keys.forRequest(p256(), inUse),
      await keys.forRequest({ ...wanted, keyType: "Ed25519" }, inUse),
    ];
    const all = [first, ...others].map(({ privateKey }) => privateKey);
    expect(new Set(all).size).toBe(4);
  });

  it("are four at most: the oldest go, but never the one in use", async () => {
    const { keys } = openKeys(temporaryDirectory());
    const first = await keys.forRequest(p256(), undefined);
    const inUse = publicKeyOf(first.privateKey);
    const second = await keys.forRequest(p256(), inUse);
    for (let more = 0; more < 3; more += 1) await keys.forRequest(p256(), inUse);
    expect(keys.find(inUse)).toEqual(first);
    expect(keys.find(publicKeyOf(second.privateKey))).toBeUndefined();
  });

  it("start from none when their file is damaged", async () => {
    const directory = temporaryDirectory();
    const { privateKey } = await openKeys(directory).keys.forRequest(p256(), undefined);
    const path = `${directory}/certificate-keys.json`;
    const text = new TextDecoder().decode(nodeFileSystem.read(path)).replace(/MI/, "!!");
    nodeFileSystem.write(path, new TextEncoder().encode(text));
    const { keys, damage } = openKeys(directory);
    expect(keys.find(publicKeyOf(privateKey))).toBeUndefined();
    expect(damage).toHaveLength(1);
    expect(damage[0]).not.toContain("PRIVATE");
  });
});

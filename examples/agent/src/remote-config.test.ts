import type { RemoteConfig } from "@opamp/agent";
import { describe, expect, it } from "vitest";
import { readOffer } from "./remote-config.ts";

function offerOf(files: Readonly<Record<string, Uint8Array>>): RemoteConfig {
  const objects = Object.entries(files).map(([name, bytes]) => {
    const text = () => new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return [name, { bytes, contentType: "", role: "", text }] as const;
  });
  return { hash: Uint8Array.of(1), objects: Object.fromEntries(objects) };
}

const bytes = (text: string) => new TextEncoder().encode(text);

describe("readOffer", () => {
  it("reads the only file, whatever its name", () => {
    expect(readOffer(offerOf({ any: bytes("interval: 2s") })).intervalMs).toBe(2000);
  });

  it("refuses an offer that has no file, several files, no text, or mistakes", () => {
    const reading = (files: Readonly<Record<string, Uint8Array>>) => () =>
      readOffer(offerOf(files));
    expect(reading({})).toThrow("expected one config file, got none");
    expect(reading({ a: bytes(""), b: bytes("") })).toThrow(
      'expected one config file, got "a", "b"',
    );
    expect(reading({ a: Uint8Array.of(0xff) })).toThrow("the config is not UTF-8 text");
    expect(reading({ a: bytes("interval: never") })).toThrow("interval: expected");
  });
});

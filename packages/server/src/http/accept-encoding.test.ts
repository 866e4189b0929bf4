import { describe, expect, it } from "vitest";
import { acceptsEncoding, parseEncoding } from "./accept-encoding.ts";

describe("acceptsEncoding", () => {
  it.each([
    ["the name", "gzip", true],
    ["one of a list", "deflate, gzip", true],
    ["one of several headers, joined", "deflate,gzip", true],
    ["a quality above 0", "deflate;q=1.0, gzip;q=0.5", true],
    ["a quality of 0", "deflate;q=1.0, gzip;q=0", false],
    ["a quality of 0 despite the wildcard", "gzip;q=0, *;q=1", false],
    ["a quality of 0 with spaces", "gzip ; q = 0", false],
    ["a quality of 0.0", "gzip;q=0.0", false],
    ["a quality of 0 behind another parameter", "gzip;level=1;q=0", false],
    ["other codings only", "deflate, br", false],
    ["the wildcard", "*", true],
    ["the name in capitals", "GZIP", true],
    ["no header", undefined, false],
  ])("decides on %s [S-20]", (_, header, expected) => {
    expect(acceptsEncoding(header, "gzip")).toBe(expected);
  });
});

describe("parseEncoding", () => {
  it.each([
    ["gzip", "gzip", 1],
    ["  GZIP  ", "gzip", 1],
    ["gzip;q=0.5", "gzip", 0.5],
    ["gzip;level=5;q=0.75", "gzip", 0.75],
    ["gzip;q=0.6;q=0.2", "gzip", 0.6],
    ["gzip;q=bad", "gzip", 0],
    ["gzip;q=1.1", "gzip", 0],
    ["gzip;q=-0.1", "gzip", 0],
    ["gzip;Q=0.4", "gzip", 0.4],
    ["gzip;foo;bar=baz", "gzip", 1],
  ])("reads %j", (text, name, quality) => {
    expect(parseEncoding(text)).toEqual({ name, quality });
  });

  it("finds nothing without a name", () => {
    expect(parseEncoding(" ;q=0.8")).toBeUndefined();
  });
});

import { readFileSync } from "node:fs";

/** A field as the fixture `wire.json` states it. */
export interface WireField {
  readonly name: string;
  readonly number: number;
  readonly type: string;
  readonly kind: "scalar" | "enum" | "message" | "map";
  readonly label: "singular" | "repeated" | "map";
  readonly oneof: string | null;
  readonly proto3Optional: boolean;
  readonly presence: "implicit" | "explicit" | "none";
  readonly packed: boolean;
  readonly wireType: number;
  readonly deprecated: boolean;
  readonly keyType?: string;
  readonly valueType?: string;
}

export interface WireMessage {
  readonly name: string;
  readonly fullName: string;
  readonly file: string;
  readonly fields: readonly WireField[];
}

export interface WireEnum {
  readonly name: string;
  readonly fullName: string;
  readonly file: string;
  readonly values: readonly { readonly name: string; readonly number: number }[];
}

export interface WireFile {
  readonly path: string;
  readonly syntax: string;
  readonly package: string;
  readonly imports: readonly string[];
}

export interface WireFacts {
  readonly files: readonly WireFile[];
  readonly messages: readonly WireMessage[];
  readonly enums: readonly WireEnum[];
}

/** A message as another protobuf implementation wrote it, and what it holds. */
export interface Vector {
  readonly message: string;
  /** Hexadecimal. */
  readonly wire: string;
  /** By proto name; bytes as `{ bytes: hex }`, 64-bit integers as text, defaults left out. */
  readonly fields: Readonly<Record<string, unknown>>;
}

export const wireFacts: WireFacts = readFixture("wire.json");

export const vectors: readonly Vector[] = readFixture<{ vectors: Vector[] }>(
  "vectors.json",
).vectors;

function readFixture<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`fixtures/${name}`, import.meta.url), "utf8"));
}

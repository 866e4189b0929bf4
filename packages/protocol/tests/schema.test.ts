import { type DescField, ScalarType } from "@bufbuild/protobuf";
import {
  AgentCapabilities,
  AgentToServerFlags,
  CommandType,
  ConnectionSettingsStatuses,
  PackageStatusEnum,
  PackageType,
  RemoteConfigStatuses,
  ServerCapabilities,
  ServerErrorResponseType,
  ServerToAgentFlags,
} from "@opamp/protocol";
import { describe, expect, it } from "vitest";
import {
  generatedEnums,
  generatedFiles,
  generatedMessage,
  generatedMessages,
} from "./generated-schemas.ts";
import { type WireField, wireFacts } from "./wire-facts.ts";

describe("the generated schema", () => {
  it("has the files, syntax, package and imports of the specification [W-84]", () => {
    const files = generatedFiles.map(({ proto }) => ({
      path: `proto/${proto.name}`,
      syntax: proto.syntax,
      package: proto.package,
      imports: proto.dependency,
    }));
    expect(files).toEqual(
      wireFacts.files.map(({ path, syntax, package: name, imports }) => ({
        path,
        syntax,
        package: name,
        imports,
      })),
    );
  });

  it("has exactly the messages and enums of the specification, all at the top level [W-86]", () => {
    expect([...generatedMessages.keys()].sort()).toEqual(
      wireFacts.messages.map(({ name }) => name).sort(),
    );
    expect([...generatedEnums.keys()].sort()).toEqual(
      wireFacts.enums.map(({ name }) => name).sort(),
    );
  });

  it.each(wireFacts.messages)("has each field of $name as specified [W-86]", (message) => {
    const schema = generatedMessage(message.name);
    expect(schema.typeName).toBe(message.fullName);
    expect(`proto/${schema.file.proto.name}`).toBe(message.file);
    expect(schema.fields.map(factsOfField)).toEqual(message.fields.map(factsToCompare));
  });

  it.each(wireFacts.enums)("has each value of $name as specified [W-86]", (wireEnum) => {
    const schema = generatedEnums.get(wireEnum.name);
    expect(schema?.typeName).toBe(wireEnum.fullName);
    expect(schema?.values.map(({ name, number }) => ({ name, number }))).toEqual(
      wireEnum.values.map(({ name, number }) => ({ name, number })),
    );
  });
});

describe("the exported tables", () => {
  it.each([
    ["AgentCapabilities", AgentCapabilities],
    ["ServerCapabilities", ServerCapabilities],
    ["AgentToServerFlags", AgentToServerFlags],
    ["ServerToAgentFlags", ServerToAgentFlags],
  ] as const)("name every bit of %s, and no other [W-27]", (name, table) => {
    expect(table).toEqual(mapValues(tableOfEnum(name, { zero: false }), BigInt));
  });

  it.each([
    ["RemoteConfigStatuses", RemoteConfigStatuses],
    ["ConnectionSettingsStatuses", ConnectionSettingsStatuses],
    ["PackageStatusEnum", PackageStatusEnum],
    ["PackageType", PackageType],
    ["ServerErrorResponseType", ServerErrorResponseType],
    ["CommandType", CommandType],
  ] as const)("name every value of %s, and no other [W-86]", (name, table) => {
    expect(table).toEqual(tableOfEnum(name, { zero: true }));
  });
});

/** The values of an enum by their short names; a bit mask has no name for zero. */
function tableOfEnum(name: string, { zero }: { zero: boolean }): Record<string, number> {
  const values = wireFacts.enums.find((wireEnum) => wireEnum.name === name)?.values ?? [];
  return Object.fromEntries(
    values
      .filter(({ number }) => zero || number !== 0)
      .map((value) => [value.name.slice(name.length + 1), value.number]),
  );
}

function mapValues<T, U>(record: Record<string, T>, map: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}

type FieldFacts = Omit<WireField, "keyType" | "valueType"> & {
  keyType: unknown;
  valueType: unknown;
};

function factsToCompare(field: WireField): FieldFacts {
  return {
    name: field.name,
    number: field.number,
    type: field.type,
    kind: field.kind,
    label: field.label,
    oneof: field.oneof,
    proto3Optional: field.proto3Optional,
    presence: field.presence,
    packed: field.packed,
    wireType: field.wireType,
    deprecated: field.deprecated,
    keyType: field.keyType,
    valueType: field.valueType,
  };
}

function factsOfField(field: DescField): FieldFacts {
  const map = field.fieldKind === "map" ? field : undefined;
  return {
    name: field.name,
    number: field.number,
    type: typeOfField(field),
    kind: field.fieldKind === "list" ? field.listKind : field.fieldKind,
    label: labelOfField(field),
    oneof: field.oneof?.name ?? null,
    proto3Optional: field.proto.proto3Optional,
    presence: presenceOfField(field),
    packed: field.fieldKind === "list" && field.packed,
    wireType: wireTypeOfField(field),
    deprecated: field.deprecated,
    keyType: map && scalarName(map.mapKey),
    valueType: map && typeOfValue(map),
  };
}

function labelOfField(field: DescField): WireField["label"] {
  if (field.fieldKind === "map") return "map";
  return field.fieldKind === "list" ? "repeated" : "singular";
}

/** LEGACY_REQUIRED and lists aside, a field is 1 (explicit) or 2 (implicit). */
function presenceOfField(field: DescField): WireField["presence"] {
  if (field.fieldKind === "map" || field.fieldKind === "list") return "none";
  return field.presence === 1 ? "explicit" : "implicit";
}

function typeOfField(field: DescField): string {
  if (field.fieldKind !== "map") return typeOfValue(field);
  return `map<${scalarName(field.mapKey)},${typeOfValue(field)}>`;
}

function typeOfValue(field: DescField): string {
  if (field.message !== undefined) return field.message.name;
  if (field.enum !== undefined) return field.enum.name;
  return field.scalar === undefined ? "" : scalarName(field.scalar);
}

function scalarName(scalar: ScalarType): string {
  return ScalarType[scalar].toLowerCase();
}

function wireTypeOfField(field: DescField): number {
  if (field.message !== undefined || field.fieldKind === "map") return 2;
  switch (field.scalar) {
    case ScalarType.STRING:
    case ScalarType.BYTES:
      return 2;
    case ScalarType.DOUBLE:
    case ScalarType.FIXED64:
      return 1;
    default:
      return 0;
  }
}

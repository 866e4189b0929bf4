import type {
  AgentToServer,
  AgentToServerInit,
  Attributes,
  AttributeValue,
  ComponentHealth,
  ServerToAgentInit,
} from "@opamp/protocol";
import { PackageStatusEnum, RemoteConfigStatuses } from "@opamp/protocol";
import { describe, expectTypeOf, it } from "vitest";

describe("the type of a message to be written", () => {
  it("takes any of the fields, nested ones as plain data", () => {
    expectTypeOf({}).toExtend<AgentToServerInit>();
    expectTypeOf({
      capabilities: 1n,
      health: { healthy: true, componentHealthMap: { a: { status: "ok" } } },
      remoteConfigStatus: { status: RemoteConfigStatuses.APPLIED },
      packageStatuses: { packages: { a: { status: PackageStatusEnum.Downloading } } },
    } as const).toExtend<AgentToServerInit>();
  });

  it("takes a message that was read, and a field that is undefined", () => {
    expectTypeOf<AgentToServer>().toExtend<AgentToServerInit>();
    expectTypeOf<{ health: undefined }>().toExtend<AgentToServerInit>();
  });

  it("takes the members of a oneof by their case", () => {
    const details = { case: "retryInfo", value: { retryAfterNanoseconds: 1n } } as const;
    expectTypeOf({ errorResponse: { Details: details } }).toExtend<ServerToAgentInit>();
    expectTypeOf({
      errorResponse: { Details: { case: "other" } },
    } as const).not.toExtend<ServerToAgentInit>();
  });

  it("refuses a wrong type and a name that does not exist", () => {
    expectTypeOf<{ capabilities: number }>().not.toExtend<AgentToServerInit>();
    expectTypeOf<{ health: { healthy: string } }>().not.toExtend<AgentToServerInit>();
    expectTypeOf<AgentToServerInit>().not.toHaveProperty("instance_uid");
    expectTypeOf<AgentToServerInit>().not.toHaveProperty("$typeName");
  });
});

describe("the type of a message that was read", () => {
  it("has 64-bit integers as bigint, and a sub-message that may be missing", () => {
    expectTypeOf<AgentToServer["capabilities"]>().toEqualTypeOf<bigint>();
    expectTypeOf<ComponentHealth["startTimeUnixNano"]>().toEqualTypeOf<bigint>();
    expectTypeOf<undefined>().toExtend<AgentToServer["health"]>();
  });

  it("is read-only at every level", () => {
    type Lists = NonNullable<AgentToServer["agentDescription"]>["identifyingAttributes"];
    expectTypeOf<Lists>().not.toHaveProperty("push");
    expectTypeOf<Readonly<AgentToServer>>().toEqualTypeOf<
      Pick<AgentToServer, keyof AgentToServer>
    >();
  });
});

describe("the type of attributes", () => {
  it("takes the eight kinds, nested", () => {
    expectTypeOf({
      text: "a",
      yes: true,
      number: 1.5,
      integer: 1n,
      bytes: new Uint8Array(),
      nothing: null,
      list: ["a", 1, [2]],
      object: { a: { b: [null] } },
    }).toExtend<Attributes>();
  });

  it("takes nothing else", () => {
    expectTypeOf<undefined>().not.toExtend<AttributeValue>();
    expectTypeOf<() => void>().not.toExtend<AttributeValue>();
    expectTypeOf<symbol>().not.toExtend<AttributeValue>();
  });
});

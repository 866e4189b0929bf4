import { create, type DescMessage, equals, fromBinary } from "@bufbuild/protobuf";
import { OpAMPError } from "./errors.ts";
import {
  AgentDescriptionSchema,
  AvailableComponentsSchema,
  ComponentHealthSchema,
  ConnectionSettingsStatusSchema,
  CustomCapabilitiesSchema,
  EffectiveConfigSchema,
  PackageStatusesSchema,
  RemoteConfigStatusSchema,
} from "./gen/opamp/v1/opamp_pb.ts";
import { binaryFromInit } from "./message-from-init.ts";
import type { AgentToServer, AgentToServerInit } from "./messages.ts";

/** The sub-messages of AgentToServer that may be left out while they are unchanged (C-54). */
export const statusParts = [
  "agentDescription",
  "health",
  "effectiveConfig",
  "remoteConfigStatus",
  "packageStatuses",
  "customCapabilities",
  "availableComponents",
  "connectionSettingsStatus",
] as const;

/** The name of a status part. */
export type StatusPart = (typeof statusParts)[number];

const schemas: Readonly<Record<StatusPart, DescMessage>> = {
  agentDescription: AgentDescriptionSchema,
  health: ComponentHealthSchema,
  effectiveConfig: EffectiveConfigSchema,
  remoteConfigStatus: RemoteConfigStatusSchema,
  packageStatuses: PackageStatusesSchema,
  customCapabilities: CustomCapabilitiesSchema,
  availableComponents: AvailableComponentsSchema,
  connectionSettingsStatus: ConnectionSettingsStatusSchema,
};

/** What a status part holds. */
export type StatusPartValue<P extends StatusPart> = NonNullable<AgentToServer[P]>;

/** What a status part is made of. */
export type StatusPartInit<P extends StatusPart> = NonNullable<AgentToServerInit[P]>;

/**
 * A copy of a status part that shares nothing with `init`: neither an object of the caller's nor a
 * buffer of the network's. Throws `invalid-argument` for a field that does not fit its type.
 */
export function copyStatusPart<P extends StatusPart>(
  part: P,
  init: StatusPartInit<P>,
): StatusPartValue<P> {
  const encoding = encodeStatusPart(part, init);
  return fitting(part, () => decodeStatusPart(part, encoding));
}

/** A status part as it is sent. Throws `invalid-argument` for a field that does not fit its type. */
export function encodeStatusPart<P extends StatusPart>(
  part: P,
  init: StatusPartInit<P>,
): Uint8Array<ArrayBuffer> {
  const schema = schemas[part];
  return fitting(part, () => {
    if (typeof init !== "object" || init === null) throw new TypeError(`it is ${String(init)}`);
    return binaryFromInit(schema, init);
  });
}

/** The opposite, for what `encodeStatusPart` made. */
export function decodeStatusPart<P extends StatusPart>(
  part: P,
  encoding: Uint8Array,
): StatusPartValue<P> {
  return fromBinary(schemas[part], encoding) as unknown as StatusPartValue<P>;
}

function fitting<T>(part: StatusPart, make: () => T): T {
  try {
    return make();
  } catch (thrown) {
    const name = schemas[part].name;
    throw OpAMPError.from(thrown, "invalid-argument", `${part} does not fit ${name}`);
  }
}

/** Whether two values of a status part say the same. The order of map entries does not count. */
export function equalStatusParts<P extends StatusPart>(
  part: P,
  a: StatusPartValue<P> | undefined,
  b: StatusPartValue<P> | undefined,
): boolean {
  if (a === undefined || b === undefined) return a === b;
  const schema: DescMessage = schemas[part];
  return equals(schema, create(schema, a as Fields), create(schema, b as Fields));
}

type Fields = Record<string, unknown>;

import type { DescEnum, DescFile, DescMessage } from "@bufbuild/protobuf";
import { file_opamp_v1_anyvalue } from "../src/gen/opamp/v1/anyvalue_pb.ts";
import { file_opamp_v1_opamp } from "../src/gen/opamp/v1/opamp_pb.ts";

/** The files that were generated from. */
export const generatedFiles: readonly DescFile[] = [file_opamp_v1_anyvalue, file_opamp_v1_opamp];

/** Every generated message, by its short name. */
export const generatedMessages: ReadonlyMap<string, DescMessage> = new Map(
  generatedFiles.flatMap((file) => file.messages.map((message) => [message.name, message])),
);

/** Every generated enum, by its short name. */
export const generatedEnums: ReadonlyMap<string, DescEnum> = new Map(
  generatedFiles.flatMap((file) => file.enums.map((descEnum) => [descEnum.name, descEnum])),
);

/** The schema of a message. Throws when there is none of that name. */
export function generatedMessage(name: string): DescMessage {
  const schema = generatedMessages.get(name);
  if (schema === undefined) throw new Error(`no message ${name} was generated`);
  return schema;
}

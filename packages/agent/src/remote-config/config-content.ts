import { isJsonObject, type JsonObject } from "../state/json.ts";
import type { FileFormat } from "../state/state-files.ts";
import { createRemoteConfig, type RemoteConfig, type RemoteConfigObject } from "./remote-config.ts";

/** A remote config as a file: text as it is, what is not UTF-8 in base64. */
export const configContent: FileFormat<RemoteConfig> = {
  version: 1,
  parse({ hash, objects }) {
    if (typeof hash !== "string" || !isJsonObject(objects)) return undefined;
    const files = Object.entries(objects).map(([name, file]) => [name, parseObject(file)] as const);
    const known = files.flatMap(([name, file]) => (file ? [[name, file] as const] : []));
    if (known.length < files.length) return undefined;
    return createRemoteConfig(Buffer.from(hash, "hex"), known);
  },
  format: ({ hash, objects }) => ({
    hash: Buffer.from(hash).toString("hex"),
    objects: Object.fromEntries(
      Object.entries(objects).map(([name, object]) => [name, formatObject(object)]),
    ),
  }),
};

function formatObject(object: RemoteConfigObject): JsonObject {
  const { contentType, role } = object;
  return { contentType, role, ...formatBytes(object) };
}

function formatBytes(object: RemoteConfigObject): JsonObject {
  try {
    return { text: object.text() };
  } catch (thrown) {
    if (!(thrown instanceof TypeError)) throw thrown;
    return { base64: Buffer.from(object.bytes).toString("base64") };
  }
}

function parseObject(value: unknown) {
  if (!isJsonObject(value)) return undefined;
  const { contentType, role, text, base64 } = value;
  if (typeof contentType !== "string" || typeof role !== "string") return undefined;
  if (typeof text === "string") return { contentType, role, bytes: Buffer.from(text) };
  if (typeof base64 !== "string") return undefined;
  return { contentType, role, bytes: Buffer.from(base64, "base64") };
}

import type { Headers } from "@opamp/protocol";
import type { HeadersObject } from "../transport/network-options.ts";

/** Offered headers as an object; a name that comes twice has both values (C-122). */
export function headersFromOffer(headers: Headers | undefined): HeadersObject {
  const object: Record<string, string | readonly string[]> = Object.create(null);
  for (const { key, value } of headers?.headers ?? []) {
    const before = object[key];
    object[key] = before === undefined ? value : [before, value].flat();
  }
  return { ...object };
}

import type { AttributeValue } from "@opamp/protocol";

/** An attribute's value as a text: a string as it is, bytes in hexadecimal, the rest like JSON. */
export function attributeText(value: AttributeValue): string {
  if (typeof value === "string") return value;
  if (value instanceof Uint8Array) return `0x${Buffer.from(value).toString("hex")}`;
  return JSON.stringify(value, (_, inner: unknown) => {
    if (typeof inner === "bigint") return String(inner);
    return inner instanceof Uint8Array ? attributeText(inner) : inner;
  });
}

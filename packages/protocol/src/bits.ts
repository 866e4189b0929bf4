import { OpAMPError } from "./errors.ts";

/** A bit this version has no name for, kept by its number so that it survives a round trip (W-79). */
export type UnknownBit = `bit${number}`;

type BitTable = Readonly<Record<string, bigint>>;

/** The names of the bits set in a mask, lowest first. Bits without a name read `bit40`. */
export function namesFromBits<T extends BitTable>(
  table: T,
  bits: bigint,
): readonly (Extract<keyof T, string> | UnknownBit)[] {
  const names: (Extract<keyof T, string> | UnknownBit)[] = [];
  for (let position = 0, rest = bits; rest > 0n; position += 1, rest >>= 1n) {
    if ((rest & 1n) === 0n) continue;
    names.push(nameOfBit(table, 1n << BigInt(position)) ?? `bit${position}`);
  }
  return names;
}

/** The mask of the named bits. Throws `invalid-argument` for a name that is not in the table. */
export function bitsFromNames(table: BitTable, names: readonly string[], what: string): bigint {
  const given: unknown = names;
  if (!Array.isArray(given)) {
    throw new OpAMPError("invalid-argument", `${what} comes in an array of names`);
  }
  return names.reduce((bits, name) => bits | bitOfName(table, name, what), 0n);
}

function nameOfBit<T extends BitTable>(
  table: T,
  bit: bigint,
): Extract<keyof T, string> | undefined {
  for (const name in table) if (table[name] === bit) return name;
  return undefined;
}

function bitOfName(table: BitTable, name: string, what: string): bigint {
  const known = Object.hasOwn(table, name) ? table[name] : undefined;
  if (known !== undefined) return known;
  const position = /^bit(\d{1,2})$/.exec(name)?.[1];
  if (position !== undefined && Number(position) < 64) return 1n << BigInt(position);
  throw new OpAMPError(
    "invalid-argument",
    `${JSON.stringify(name)} is not ${what}; known are ${Object.keys(table).join(", ")}`,
  );
}

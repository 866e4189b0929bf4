import { createHash, type Hash } from "node:crypto";

/**
 * SHA-256 over plain data: the same for the same data, whatever the order of its members and of map
 * entries (S-66, S-75). As on the wire, a scalar that is left out equals one that is zero or empty.
 */
export function canonicalHash(kind: string, value: object): Uint8Array {
  const hash = createHash("sha256");
  addText(hash, kind);
  add(hash, value);
  return new Uint8Array(hash.digest());
}

function add(hash: Hash, value: unknown): void {
  if (value instanceof Uint8Array) addBytes(hash, value);
  else if (Array.isArray(value)) addList(hash, value);
  else if (typeof value === "object" && value !== null) addMembers(hash, value);
  // A number and a bigint are the same on the wire.
  else addText(hash, String(value));
}

function addList(hash: Hash, items: readonly unknown[]): void {
  hash.update(`[${items.length}:`);
  for (const item of items) add(hash, item);
}

function addMembers(hash: Hash, value: object): void {
  const members = Object.entries(value).filter(([name, member]) => counts(name, member));
  members.sort(([a], [b]) => (a < b ? -1 : 1));
  hash.update(`{${members.length}:`);
  for (const [name, member] of members) {
    addText(hash, name);
    add(hash, member);
  }
}

function counts(name: string, member: unknown): boolean {
  if (name === "$typeName" || name === "$unknown") return false;
  if (member instanceof Uint8Array) return member.length > 0;
  return member !== undefined && member !== "" && member !== 0 && member !== 0n && member !== false;
}

function addText(hash: Hash, text: string): void {
  addBytes(hash, Buffer.from(text));
}

function addBytes(hash: Hash, bytes: Uint8Array): void {
  hash.update(`${bytes.length}:`).update(bytes);
}

import type { AvailableComponents } from "@opamp/protocol";

const MAX_ENTRIES = 1000;

/** So long, agents with the same hash are not asked while one of them is. */
const ASKED_MS = 60_000;

/** The maps of components by their hashes, over all agents (S-119). */
export class ComponentCache {
  readonly #maps = new Map<string, AvailableComponents>();
  readonly #asked = new Map<string, number>();

  get(hash: Uint8Array): AvailableComponents | undefined {
    return this.#maps.get(keyOf(hash));
  }

  /** Whether to ask an agent for the map behind a hash. */
  wants(hash: Uint8Array, nowMs: number): boolean {
    const key = keyOf(hash);
    if (this.#maps.has(key)) return false;
    const askedMs = this.#asked.get(key);
    return askedMs === undefined || nowMs - askedMs >= ASKED_MS;
  }

  asked(hash: Uint8Array, nowMs: number): void {
    put(this.#asked, keyOf(hash), nowMs);
  }

  add(components: AvailableComponents): void {
    const key = keyOf(components.hash);
    this.#asked.delete(key);
    put(this.#maps, key, components);
  }
}

function keyOf(hash: Uint8Array): string {
  return Buffer.from(hash).toString("hex");
}

/** The oldest goes when there are too many. */
function put<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > MAX_ENTRIES && oldest !== undefined) map.delete(oldest);
}

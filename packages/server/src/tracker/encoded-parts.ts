import { type StatusPart, type StatusPartInit, statusParts } from "@opamp/protocol";
import { decodeStatusPart, encodeStatusPart } from "@opamp/protocol/internal";
import type { StatusParts } from "./tracked-agent.ts";

/** Of each part in the order of `statusParts`; undefined for one that is not there. */
type Encodings = readonly (Uint8Array | undefined)[];

/**
 * Status parts that are kept as the bytes that an agent would send, and decoded whenever one is
 * looked at: objects would take three times the memory, and few parts are looked at twice.
 *
 * Each part that there is, is an enumerable property of its own, so that whoever spreads, clones,
 * serializes or prints the parts gets plain data. The getters are the same for all agents, so they
 * cost none of them memory.
 */
class EncodedParts {
  /** One after the other, in the order of `statusParts`. */
  readonly #bytes: Uint8Array;
  /** In the same order; -1 for a part that is not there. */
  readonly #lengths: readonly number[];

  constructor(encodings: Encodings) {
    this.#bytes = joined(encodings);
    this.#lengths = encodings.map((encoding) => encoding?.length ?? -1);
    for (const [index, part] of statusParts.entries()) {
      if (encodings[index] !== undefined) Object.defineProperty(this, part, getters[part]);
    }
  }

  static isOne(parts: object): parts is EncodedParts {
    return #bytes in parts;
  }

  /** A view on the bytes of a part. */
  encodingOf(part: StatusPart): Uint8Array | undefined {
    const index = statusParts.indexOf(part);
    const length = this.#lengths[index] ?? -1;
    if (length < 0) return undefined;
    let start = 0;
    for (let before = 0; before < index; before += 1) {
      start += Math.max(0, this.#lengths[before] ?? 0);
    }
    return this.#bytes.subarray(start, start + length);
  }

  /** What Node.js prints, in place of the getters. */
  [Symbol.for("nodejs.util.inspect.custom")](): object {
    return Object.fromEntries(Object.entries(this));
  }
}

const getters = Object.fromEntries(statusParts.map((part) => [part, getterOf(part)])) as Readonly<
  Record<StatusPart, PropertyDescriptor>
>;

function getterOf(part: StatusPart): PropertyDescriptor {
  return {
    enumerable: true,
    get(this: EncodedParts): object | undefined {
      const encoding = this.encodingOf(part);
      // A copy: what is kept does not change when someone changes what they got.
      return encoding && decodeStatusPart(part, encoding.slice());
    },
  };
}

function joined(encodings: Encodings): Uint8Array {
  const there = encodings.filter((encoding) => encoding !== undefined);
  const bytes = new Uint8Array(there.reduce((sum, { length }) => sum + length, 0));
  let end = 0;
  for (const encoding of there) {
    bytes.set(encoding, end);
    end += encoding.length;
  }
  return bytes;
}

/** The parts with some of them replaced, or taken out; shares nothing with them or the changes. */
export function partsWith(
  parts: StatusParts,
  changes: ReadonlyMap<StatusPart, Uint8Array | undefined>,
): StatusParts {
  const encodings = statusParts.map((part) =>
    changes.has(part) ? changes.get(part) : encodingOf(parts, part),
  );
  return new EncodedParts(encodings) as StatusParts;
}

/** A part as the agent would send it; also of parts that are plain data, as a store has them. */
export function encodingOf(parts: StatusParts, part: StatusPart): Uint8Array | undefined {
  if (EncodedParts.isOne(parts)) return parts.encodingOf(part);
  const value: StatusPartInit<StatusPart> | undefined = parts[part];
  return value && encodeStatusPart(part, value);
}

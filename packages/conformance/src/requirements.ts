import manifest from "./requirements.json" with { type: "json" };

/** A requirement: `S-` of a server, `C-` of a client, `W-` of the wire or of both. */
export type RequirementId = `${"C" | "S" | "W"}-${string}`;

/** A point on which the specification is unclear. */
export type AmbiguityId = `A-${string}`;

/**
 * How strongly it is asked for. A `*` marks lower-case keywords and plain statements; `fact` is a
 * stated format, `derived` follows from other text.
 */
export type Strength =
  | "MUST"
  | "MUST*"
  | "MUST NOT"
  | "MUST NOT*"
  | "SHOULD"
  | "SHOULD*"
  | "SHOULD NOT"
  | "SHOULD NOT*"
  | "MAY"
  | "MAY*"
  | "fact"
  | "derived";

/** One thing that the specification asks for. */
export interface Requirement {
  readonly id: RequirementId;
  readonly topic: string;
  readonly strength: Strength;
  /** The conforming behaviour. */
  readonly requirement: string;
  /** Section and lines of the specification; `P` counts lines of the .proto file. */
  readonly section: string;
  readonly fields: readonly string[];
  /** How it can be observed. */
  readonly check: string;
  /** The label of the feature, where it has one of its own. */
  readonly status: "Beta" | "Development" | null;
  /** The release that brought it or changed it last, where known. */
  readonly changed: string | null;
}

/** A point that can be read in two ways, and the way it is read here. */
export interface Ambiguity {
  readonly id: AmbiguityId;
  readonly point: string;
  readonly where: string;
  readonly reading: string;
}

/** The specification that the requirements are taken from. */
export const specification: string = manifest.spec;

/** Every requirement, in the order of the specification. */
export const requirements: readonly Requirement[] =
  manifest.requirements as readonly unknown[] as readonly Requirement[];

/** Every ambiguity. */
export const ambiguities: readonly Ambiguity[] = manifest.ambiguities as readonly Ambiguity[];

const byId = new Map<string, Requirement>(requirements.map((entry) => [entry.id, entry]));

/** The requirement of an id. */
export function requirementById(id: string): Requirement | undefined {
  return byId.get(id);
}

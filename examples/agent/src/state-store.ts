import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInstanceUid, type InstanceUid, isInstanceUid } from "@opamp/protocol";

/** What an agent remembers from one run to the next. */
export interface AgentState {
  readonly instanceUid: InstanceUid;
  /** The last remote config that was applied, as YAML; undefined before the first. */
  readonly remoteConfig?: string;
  /** How the last offer ended; undefined before the first. */
  readonly lastOffer?: OfferOutcome;
}

export interface OfferOutcome {
  /** The offer's hash, in hexadecimal. */
  readonly hash: string;
  /** Why it was refused; undefined when it was applied. */
  readonly error?: string;
}

export interface StateStore {
  readonly state: AgentState;
  /** Replaces parts of the state, on disk first; a crash leaves the old or the new state. */
  update(change: Partial<AgentState>): void;
}

/** Opens the state in a directory, or begins one. Throws when the directory cannot be used. */
export function openStateStore(directory: string): StateStore {
  const path = join(directory, "state.json");
  let state = readState(path) ?? { instanceUid: createInstanceUid() };
  writeAtomically(path, state);
  return {
    get state() {
      return state;
    },
    update(change) {
      const next = { ...state, ...change };
      writeAtomically(path, next);
      state = next;
    },
  };
}

function readState(path: string): AgentState | undefined {
  const text = readIfThere(path);
  if (text === undefined) return undefined;
  const state = parse(text);
  if (state !== undefined) return state;
  throw new Error(`${path} is damaged; remove it to begin anew, with a new instance uid`);
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (thrown) {
    if (thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT") return undefined;
    throw thrown;
  }
}

function parse(text: string): AgentState | undefined {
  try {
    const state: Partial<AgentState> | null = JSON.parse(text);
    const { instanceUid, remoteConfig, lastOffer } = state ?? {};
    if (!isText(instanceUid) || !isInstanceUid(instanceUid)) return undefined;
    if (!isOptionalText(remoteConfig)) return undefined;
    if (lastOffer !== undefined && !(isText(lastOffer.hash) && isOptionalText(lastOffer.error))) {
      return undefined;
    }
    return { ...state, instanceUid };
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return undefined;
    throw thrown;
  }
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isOptionalText(value: unknown): value is string | undefined {
  return value === undefined || isText(value);
}

function writeAtomically(path: string, state: AgentState): void {
  const temporary = `${path}.tmp`;
  const file = openSync(temporary, "w", 0o600);
  try {
    writeFileSync(file, `${JSON.stringify(state, null, 2)}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
}

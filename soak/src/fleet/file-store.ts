import { closeSync, existsSync, openSync, readFileSync, writeSync } from "node:fs";
import { deserialize, serialize } from "node:v8";
import type { InstanceUid } from "@opamp/protocol";
import type { AgentStore, TrackedAgent } from "@opamp/server";

/** One record: an agent as it is now, or that it is no more. */
type Entry = readonly [uid: InstanceUid, agent: TrackedAgent | undefined];

const LENGTH_BYTES = 4;

/** Agents in one file that only grows. What was saved outlives the process, however it ends. */
export class FileStore implements AgentStore {
  readonly agents: Map<InstanceUid, TrackedAgent>;
  readonly #file: number;

  constructor(path: string) {
    this.agents = agentsInFile(path);
    this.#file = openSync(path, "a");
  }

  load(uid: InstanceUid): TrackedAgent | undefined {
    return this.agents.get(uid);
  }

  save(agent: TrackedAgent): void {
    this.agents.set(agent.uid, agent);
    this.#append([agent.uid, agent]);
  }

  delete(uid: InstanceUid): void {
    this.agents.delete(uid);
    this.#append([uid, undefined]);
  }

  close(): void {
    closeSync(this.#file);
  }

  #append(entry: Entry): void {
    const record = serialize(entry);
    const length = Buffer.alloc(LENGTH_BYTES);
    length.writeUInt32BE(record.length);
    writeSync(this.#file, Buffer.concat([length, record]));
  }
}

/** The agents as they were saved last. */
export function agentsInFile(path: string): Map<InstanceUid, TrackedAgent> {
  const agents = new Map<InstanceUid, TrackedAgent>();
  if (!existsSync(path)) return agents;
  const bytes = readFileSync(path);
  for (let at = 0; at + LENGTH_BYTES <= bytes.length; ) {
    const end = at + LENGTH_BYTES + bytes.readUInt32BE(at);
    // The process was killed in the middle of its last record.
    if (end > bytes.length) break;
    const [uid, agent]: Entry = deserialize(bytes.subarray(at + LENGTH_BYTES, end));
    if (agent === undefined) agents.delete(uid);
    else agents.set(uid, agent);
    at = end;
  }
  return agents;
}

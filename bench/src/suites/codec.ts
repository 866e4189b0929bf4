import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type AgentToServerInit,
  bytesFromInstanceUid,
  createInstanceUid,
  decodeAgentToServer,
  encodeAgentToServer,
} from "@opamp/protocol";
import { collectorReport } from "@opamp/test-kit";
import type { Result } from "../result.ts";

interface Timing {
  readonly decodeNs: number;
  readonly encodeNs: number;
}

const heartbeat: AgentToServerInit = {
  instanceUid: bytesFromInstanceUid(createInstanceUid()),
  sequenceNum: 1234n,
  capabilities: 0x3847n,
};
const messages = { heartbeat, "full report": { ...heartbeat, ...collectorReport() } };

/** Protocol: nanoseconds to decode and to encode one message. */
export function measureCodec(goCodec: string | undefined, durationMs: number): readonly Result[] {
  const theirs = goCodec === undefined ? {} : timeGo(goCodec);
  return Object.entries(messages).flatMap(([name, message]) => {
    const bytes = encodeAgentToServer(message);
    const decoded = decodeAgentToServer(bytes);
    const common = { unit: "ns", peer: "Go protobuf", lessIsBetter: true };
    return [
      {
        ...common,
        what: `decode a ${name}`,
        ours: nanosecondsEach(() => decodeAgentToServer(bytes), durationMs),
        theirs: theirs[name]?.decodeNs,
      },
      {
        ...common,
        what: `encode a ${name}`,
        ours: nanosecondsEach(() => encodeAgentToServer(decoded), durationMs),
        theirs: theirs[name]?.encodeNs,
      },
    ];
  });
}

function nanosecondsEach(act: () => unknown, durationMs: number): number {
  repeat(act, durationMs / 2);
  return repeat(act, durationMs);
}

function repeat(act: () => unknown, durationMs: number): number {
  const BATCH = 1000;
  const start = performance.now();
  let count = 0;
  for (; performance.now() - start < durationMs; count += BATCH) {
    for (let i = 0; i < BATCH; i += 1) act();
  }
  return ((performance.now() - start) * 1e6) / count;
}

function timeGo(program: string): Readonly<Record<string, Timing>> {
  const directory = mkdtempSync(join(tmpdir(), "opamp-bench-"));
  try {
    const files = Object.entries(messages).map(([name, message]) => {
      const file = join(directory, name);
      writeFileSync(file, encodeAgentToServer(message));
      return { name, file };
    });
    const output = execFileSync(
      program,
      files.map(({ file }) => file),
      { encoding: "utf8" },
    );
    const timings: Record<string, Timing> = JSON.parse(output);
    return Object.fromEntries(
      files.flatMap(({ name, file }) => {
        const timing = timings[file];
        return timing === undefined ? [] : [[name, timing]];
      }),
    );
  } finally {
    rmSync(directory, { recursive: true });
  }
}

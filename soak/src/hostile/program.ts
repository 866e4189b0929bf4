import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** A process that answers each message. */
export interface Program extends AsyncDisposable {
  readonly pid: number;
  /** Its first message. */
  readonly greeting: unknown;
  /** Rejects when it ends before its time. */
  ask(question: number): Promise<unknown>;
}

export interface ProgramOptions {
  readonly args?: readonly number[];
  /** For Node. */
  readonly flags?: readonly string[];
}

/** Starts one of `soak/src/programs`. */
export async function startProgram(name: string, options: ProgramOptions = {}): Promise<Program> {
  const child = start(name, options);
  const ended = once(child, "exit");
  const exited = ended.then(([code]) => {
    throw new Error(`${name} ended with ${code}`);
  });
  exited.catch(() => undefined);
  const [greeting] = await Promise.race([once(child, "message"), exited]);
  return {
    pid: child.pid ?? 0,
    greeting,
    async ask(question) {
      const answered = once(child, "message");
      child.send(question);
      const [answer] = await Promise.race([answered, exited]);
      return answer;
    },
    async [Symbol.asyncDispose]() {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}

function start(name: string, { args = [], flags = [] }: ProgramOptions): ChildProcess {
  const file = fileURLToPath(new URL(`../programs/${name}.ts`, import.meta.url));
  return fork(file, args.map(String), { execArgv: ["--conditions=@opamp/source", ...flags] });
}

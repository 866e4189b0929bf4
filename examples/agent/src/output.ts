import { appendFile, rename, stat } from "node:fs/promises";
import { join } from "node:path";

/** Where metric lines go. */
export interface Output {
  /** Appends lines; rejects when they could not be written. Calls do not overlap. */
  write(lines: readonly string[]): Promise<void>;
}

export interface OutputOptions {
  readonly directory: string;
  /** A file that reaches this size is renamed to `….1`, in place of the one before. @default 10 MiB */
  readonly maxFileBytes?: number;
}

/** Opens `stdout`, or a file of that name in the directory. */
export function createOutput(name: string, options: OutputOptions): Output {
  return name === "stdout" ? stdoutOutput : createFileOutput(name, options);
}

const stdoutOutput: Output = {
  write: (lines) =>
    new Promise((resolve, reject) => {
      process.stdout.write(joinLines(lines), (error) => (error ? reject(error) : resolve()));
    }),
};

function createFileOutput(name: string, options: OutputOptions): Output {
  const { directory, maxFileBytes = 10 * 1024 * 1024 } = options;
  const path = join(directory, name);
  return {
    async write(lines) {
      await appendFile(path, joinLines(lines));
      const { size } = await stat(path);
      if (size >= maxFileBytes) await rename(path, `${path}.1`);
    },
  };
}

function joinLines(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}

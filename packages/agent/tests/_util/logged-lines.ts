import type { Logger } from "@opamp/protocol";

/** A logger that keeps its lines. */
export interface LoggedLines extends Logger {
  readonly lines: readonly string[];
}

export function createLoggedLines(): LoggedLines {
  const lines: string[] = [];
  const keep = (level: string) => (message: string) => void lines.push(`${level} ${message}`);
  return {
    lines,
    debug: keep("debug"),
    info: keep("info"),
    warn: keep("warn"),
    error: keep("error"),
  };
}

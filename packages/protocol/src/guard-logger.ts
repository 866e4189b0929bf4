import { OpAMPError } from "./errors.ts";
import { type Logger, silentLogger } from "./logger.ts";

const levels = ["debug", "info", "warn", "error"] as const;

/**
 * A logger of the user's that cannot break what it tells of: a line that it throws at is lost (L-07).
 * Throws `invalid-argument` when it lacks a level.
 */
export function guardLogger(logger: Logger = silentLogger): Logger {
  const missing = levels.find((level) => typeof logger[level] !== "function");
  if (missing !== undefined) {
    throw new OpAMPError("invalid-argument", `logger.${missing} is not a function`);
  }
  const guarded = (level: (typeof levels)[number]) => (message: string) => {
    try {
      logger[level](message);
    } catch {
      // There is nowhere left to say so.
    }
  };
  return {
    debug: guarded("debug"),
    info: guarded("info"),
    warn: guarded("warn"),
    error: guarded("error"),
  };
}

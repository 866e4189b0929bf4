/**
 * Where this project writes what it does, one line a call. `console`, a pino logger and a winston
 * logger are such loggers. Lines hold no credentials and no content of configurations.
 */
export interface Logger {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/** A logger that writes nothing. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };

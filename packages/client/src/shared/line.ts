import { OpAMPError } from "@opamp/protocol";
import type { Route } from "../connection-settings.ts";
import type { Link, LinkHost } from "../link.ts";
import type { ResolvedShared } from "./resolve-shared.ts";
import type { SharedConnection } from "./shared-connection.ts";

/** What stands behind a shared connection. */
export interface Line {
  readonly options: ResolvedShared;
  readonly route: Route;
  /** How many agents are on it. */
  readonly size: number;
  createLink(host: LinkHost): Link;
}

const lines = new WeakMap<SharedConnection, Line>();

/** The face of a line, which shows nothing of how it works. */
export function shareLine(line: Line): SharedConnection {
  const connection = {
    get clients() {
      return line.size;
    },
  };
  lines.set(connection, line);
  return connection;
}

export function lineOf(connection: SharedConnection): Line {
  const line = lines.get(connection);
  if (line !== undefined) return line;
  throw new OpAMPError(
    "invalid-argument",
    "connection is not one that createSharedConnection() made",
  );
}

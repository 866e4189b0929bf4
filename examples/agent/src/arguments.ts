import { join } from "node:path";
import { parseArgs } from "node:util";

export interface AgentArguments {
  readonly server: string;
  readonly name: string;
  readonly directory: string;
  /** A file of certificates to trust; undefined for those of the system. */
  readonly ca: string | undefined;
  /** What the server wants to see; undefined when it wants nothing. */
  readonly token: string | undefined;
}

export const usage = `Starts hostwatch, an example agent that reports metrics of its host.

  npm run agent -- --server URL [--name NAME] [--dir DIRECTORY] [--ca FILE]

  --server  the OpAMP server: ws, wss, http or https (default ws://localhost:4320/v1/opamp)
  --name    what the agent calls itself (default hostwatch)
  --dir     where it keeps its state and metrics (default .hostwatch/NAME)
  --ca      the certificates to trust for wss and https, in PEM (default those of the system)

OPAMP_TOKEN in the environment is the bearer token that the agent shows to the server.`;

/** Reads the command line; `help` when that is asked for. Throws for what it does not know. */
export function parseArguments(args: readonly string[]): AgentArguments | "help" {
  const { values } = parseArgs({
    args: [...args],
    options: {
      server: { type: "string", default: "ws://localhost:4320/v1/opamp" },
      name: { type: "string", default: "hostwatch" },
      dir: { type: "string" },
      ca: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return "help";
  const { server, name, ca } = values;
  const token = process.env.OPAMP_TOKEN || undefined;
  if (!/^\w[\w.-]{0,59}$/.test(name)) {
    throw new TypeError(
      `--name: expected letters, digits, "_", "." and "-", got ${JSON.stringify(name)}`,
    );
  }
  return { server, name, directory: values.dir ?? join(".hostwatch", name), ca, token };
}

import { parseArgs } from "node:util";

export interface DemoArguments {
  readonly opampHost: string;
  readonly opampPort: number;
  readonly webPort: number;
  /** Where the demo's own agent keeps its state; undefined when there is to be none. */
  readonly agentDirectory: string | undefined;
}

export const usage = `Starts an OpAMP server, a web page that shows its agents, and an example agent.

  npm start -- [--opamp-port N] [--opamp-host HOST] [--web-port N] [--no-agent] [--agent-dir DIRECTORY]

  --opamp-port  where agents connect (default 4320; 0 takes a free port)
  --opamp-host  which address they connect to (default 127.0.0.1; 0.0.0.0 for other machines)
  --web-port    where the page is, on this machine only (default 4321; 0 takes a free port)
  --no-agent    starts no agent: see npm run agent
  --agent-dir   where the agent keeps its state and metrics (default .hostwatch/demo-agent)`;

/** Reads the command line; `help` when that is asked for. Throws for what it does not know. */
export function parseArguments(args: readonly string[]): DemoArguments | "help" {
  const { values } = parseArgs({
    args: [...args],
    allowNegative: true,
    options: {
      "opamp-host": { type: "string", default: "127.0.0.1" },
      "opamp-port": { type: "string", default: "4320" },
      "web-port": { type: "string", default: "4321" },
      "agent-dir": { type: "string", default: ".hostwatch/demo-agent" },
      agent: { type: "boolean", default: true },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return "help";
  return {
    opampHost: values["opamp-host"],
    opampPort: parsePort("--opamp-port", values["opamp-port"]),
    webPort: parsePort("--web-port", values["web-port"]),
    agentDirectory: values.agent ? values["agent-dir"] : undefined,
  };
}

function parsePort(option: string, text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new TypeError(`${option}: expected a port from 0 to 65535, got ${JSON.stringify(text)}`);
}

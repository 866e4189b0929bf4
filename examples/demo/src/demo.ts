import type { DemoArguments } from "./arguments.ts";
import { type KeptProcess, keepRunning } from "./keep-running.ts";
import type { Log } from "./log.ts";
import { opampUrl } from "./opamp-url.ts";

/** The server and the agent, each a process of its own, so that one outlives the other. */
export interface Demo {
  stop(): Promise<void>;
}

/** What the server process says once it listens. */
export interface ServerReady {
  readonly opampPort: number;
  readonly webPort: number;
}

export interface DemoOptions {
  readonly log: Log;
  /** Called when the server or the agent cannot go on. */
  readonly onFailure: () => void;
}

/** Starts the server and, once that listens, the agent. */
export function startDemo(args: DemoArguments, { log, onFailure }: DemoOptions): Demo {
  const { opampHost, agentDirectory } = args;
  let ports: ServerReady = args;
  let agent: KeptProcess | undefined;
  const server = keepRunning({
    name: "server",
    module: new URL("./server-process.ts", import.meta.url),
    // The ports that the first start was given, so that agents and pages find the server again.
    args: () => serverArguments(opampHost, ports),
    log,
    onMessage(message) {
      ports = message as ServerReady;
      log(`agents connect to ${opampUrl(opampHost, ports.opampPort)}`);
      log(`the page is at http://localhost:${ports.webPort}`);
      if (agentDirectory !== undefined) agent ??= startAgent(agentDirectory);
    },
    onFailure,
  });
  const startAgent = (directory: string): KeptProcess =>
    keepRunning({
      name: "agent",
      module: new URL("../../agent/src/main.ts", import.meta.url),
      args: () => [
        `--server=${opampUrl(opampHost, ports.opampPort)}`,
        "--name=demo-agent",
        `--dir=${directory}`,
      ],
      log,
      onFailure,
    });
  return {
    async stop() {
      await Promise.all([agent?.stop(), server.stop()]);
    },
  };
}

function serverArguments(opampHost: string, { opampPort, webPort }: ServerReady): string[] {
  return [`--opamp-host=${opampHost}`, `--opamp-port=${opampPort}`, `--web-port=${webPort}`];
}

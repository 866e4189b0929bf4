import { readFileSync } from "node:fs";
import { join } from "node:path";
import { exponentialBackoff } from "@opamp/client";
import { type Agent, type AgentSettings, createAgent, nodeFileSystem } from "../../src/index.ts";

/** An agent whose program is two files, which are copies of its only package. */
export interface InstallingAgent extends AsyncDisposable {
  readonly agent: Agent;
  /** What the program runs with: `none` without a package, `MIX` should the files differ. */
  readonly version: string;
  /** What the agent says is installed: the content on its disk. */
  readonly content: string;
  /** Each call of a handler: its name, the reason and the version. */
  readonly calls: readonly string[];
}

/** Contents that begin with `bad` are not healthy. */
export async function createInstallingAgent(
  settings: Pick<AgentSettings, "serverUrl" | "stateDirectory"> & Partial<AgentSettings>,
): Promise<InstallingAgent> {
  const { fileSystem = nodeFileSystem, stateDirectory } = settings;
  const files = ["one.txt", "two.txt"].map((name) => join(stateDirectory, name));
  const read = (path: string): string => Buffer.from(nodeFileSystem.read(path) ?? []).toString();
  const calls: string[] = [];
  const versionOf = (): string => {
    const versions = new Set(files.map(read));
    const [version] = versions;
    return versions.size > 1 ? "MIX" : version || "none";
  };
  const agent = await createAgent({
    description: { serviceName: "edge" },
    retry: exponentialBackoff({ initialMs: 10, maxMs: 50 }),
    ...settings,
    packages: {
      async install({ version, path }, { reason }) {
        calls.push(`install ${reason} ${version}`);
        const content = readFileSync(path);
        for (const file of files) {
          fileSystem.write(file, content);
          await Promise.resolve();
        }
      },
      uninstall({ version }, { reason }) {
        calls.push(`uninstall ${reason} ${version}`);
        for (const file of files) fileSystem.remove(file);
      },
      isHealthy: () => !versionOf().startsWith("bad"),
    },
  });
  return {
    agent,
    calls,
    get version() {
      return versionOf();
    },
    get content() {
      const path = agent.packages.get("probes")?.path;
      return path === undefined ? "none" : read(path);
    },
    [Symbol.asyncDispose]: () => agent.stop(),
  };
}

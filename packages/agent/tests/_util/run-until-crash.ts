import type { Agent, AgentSettings } from "../../src/index.ts";
import { crashingFileSystem } from "./crash-arguments.ts";

type CrashSettings = Required<Pick<AgentSettings, "serverUrl" | "stateDirectory" | "fileSystem">>;

/**
 * Runs an agent in this process, which is killed at one operation on its disk:
 * node PROGRAM SERVER DIRECTORY [OPERATION MOMENT]
 */
export async function runUntilCrash(
  create: (settings: CrashSettings) => Promise<{ readonly agent: Agent }>,
): Promise<void> {
  const [serverUrl = "", stateDirectory = "", ...point] = process.argv.slice(2);
  const fileSystem = crashingFileSystem(point);
  const { agent } = await create({ serverUrl, stateDirectory, fileSystem });
  process.on("disconnect", () => process.exit(1));
  process.on("message", () => void agent.stop().then(() => process.exit(0)));
  await agent.start();
}

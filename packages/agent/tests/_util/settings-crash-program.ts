import { crashingFileSystem } from "./crash-arguments.ts";
import { createSettingsAgent } from "./settings-agent.ts";

// An agent that takes connection settings, in a process of its own, which is killed at one operation
// on its disk: node settings-crash-program SERVER DIRECTORY [OPERATION MOMENT]
const [serverUrl = "", stateDirectory = ""] = process.argv.slice(2);
const fileSystem = crashingFileSystem(process.argv.slice(4));

async function main(): Promise<void> {
  const start = async () => {
    const { agent } = await createSettingsAgent({ serverUrl, stateDirectory, fileSystem });
    await agent.start();
    return agent;
  };
  let agent = await start();
  process.on("disconnect", () => process.exit(1));
  const obey = async (message: unknown): Promise<void> => {
    await agent.stop();
    if (message === "stop") process.exit(0);
    agent = await start();
  };
  process.on("message", (message) => void obey(message));
}

void main();

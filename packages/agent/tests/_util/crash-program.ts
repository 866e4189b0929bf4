import { crashingFileSystem } from "./crash-arguments.ts";
import { createVersionedAgent } from "./versioned-agent.ts";

// An agent in a process of its own, which is killed at one operation on its disk:
// node crash-program SERVER DIRECTORY [OPERATION MOMENT]
const [serverUrl = "", stateDirectory = ""] = process.argv.slice(2);
const fileSystem = crashingFileSystem(process.argv.slice(4));

async function main(): Promise<void> {
  const { agent } = await createVersionedAgent({ serverUrl, stateDirectory, fileSystem });
  process.on("disconnect", () => process.exit(1));
  process.on("message", () => void agent.stop().then(() => process.exit(0)));
  await agent.start();
}

void main();

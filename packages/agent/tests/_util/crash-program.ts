import { type CrashMoment, createFaultyFileSystem } from "./faulty-file-system.ts";
import { createVersionedAgent } from "./versioned-agent.ts";

// An agent in a process of its own, which is killed at one operation on its disk:
// node crash-program SERVER DIRECTORY [OPERATION MOMENT]
const [serverUrl = "", stateDirectory = "", operation, moment] = process.argv.slice(2);

const fileSystem = createFaultyFileSystem({
  point:
    operation === undefined
      ? undefined
      : { operation: Number(operation), moment: moment as CrashMoment },
  die() {
    process.kill(process.pid, "SIGKILL");
    throw new Error("still alive");
  },
  onOperation: (name, count) => process.send?.({ name, count }),
});

async function main(): Promise<void> {
  const { agent } = await createVersionedAgent({ serverUrl, stateDirectory, fileSystem });
  process.on("disconnect", () => process.exit(1));
  process.on("message", () => void agent.stop().then(() => process.exit(0)));
  await agent.start();
}

void main();
